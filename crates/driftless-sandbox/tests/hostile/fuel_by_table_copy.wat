;; One instruction that copies a table costs as much as it copies.
;; limits: fuel=10000
;; call: execute_task "a" "{}"
;; expect: limit fuel
(module
    (table $t 50000 funcref)
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        (table.copy $t $t (i32.const 1) (i32.const 0) (i32.const 49999)) i64.const 0))
