;; One instruction that writes megabytes costs as much as it writes.
;; limits: fuel=1000000
;; call: execute_task "a" "{}"
;; expect: limit fuel
(module
    (memory (export "memory") 32)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        (memory.fill (i32.const 0) (i32.const 0) (i32.const 2000000)) i64.const 0))
