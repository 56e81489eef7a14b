;; It begins with a table that would take a gigabyte.
;; expect: uncompilable "grew a table beyond its 100,000 elements"
(module
    (table 134217728 funcref)
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        i64.const 0))
