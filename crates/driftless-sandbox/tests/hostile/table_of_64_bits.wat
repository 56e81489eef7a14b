;; A table with addresses of 64 bits.
;; expect: refused "memory64 must be enabled for 64-bit tables"
(module
    (table i64 1 funcref)
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        i64.const 0))
