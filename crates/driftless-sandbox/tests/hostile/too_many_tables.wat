;; More tables than an instance has room for.
;; expect: refused "it has 5 tables; 4 is the most"
(module
;; repeat 5: (table 1 funcref)
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        i64.const 0))
