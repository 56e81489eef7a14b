;; One instruction that fills a table costs as much as it fills.
;; limits: fuel=10000
;; call: execute_task "a" "{}"
;; expect: limit fuel
(module
    (table $t 50000 funcref)
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        (table.fill $t (i32.const 0) (ref.null func) (i32.const 50000)) i64.const 0))
