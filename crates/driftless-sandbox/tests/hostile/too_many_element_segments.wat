;; More segments of elements than any compiler makes.
;; expect: refused "it has 10001 element segments; 10000 is the most"
(module
    (table 1 funcref)
    (func $f)
;; repeat 10001: (elem (i32.const 0) $f)
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        i64.const 0))
