;; Fewer parameters than WebAssembly knows, and more than compilers make.
;; expect: refused "it has 201 parameters in one type; 200 is the most"
(module
    (memory (export "memory") 1)
    (func
;; repeat 201: (param i32)
    )
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        i64.const 0))
