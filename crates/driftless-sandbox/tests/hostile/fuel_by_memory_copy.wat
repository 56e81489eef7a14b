;; One instruction that copies megabytes costs as much as it copies.
;; limits: fuel=1000000
;; call: execute_task "a" "{}"
;; expect: limit fuel
(module
    (memory (export "memory") 32)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        (memory.copy (i32.const 8) (i32.const 0) (i32.const 2000000)) i64.const 0))
