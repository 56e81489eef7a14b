;; More globals than any compiler makes.
;; expect: refused "it has 10001 globals; 10000 is the most"
(module
;; repeat 10001: (global i32 (i32.const 0))
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        i64.const 0))
