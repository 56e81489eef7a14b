;; Fewer results than WebAssembly knows, and more than compilers make.
;; expect: refused "it has 17 results in one type; 16 is the most"
(module
    (memory (export "memory") 1)
    (func
;; repeat 17: (result i32)
    unreachable)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        i64.const 0))
