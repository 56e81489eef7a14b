;; It never ends, while it makes room for the arguments.
;; limits: fuel=10000000
;; call: execute_task "a" "{}"
;; expect: limit fuel
(module
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) (loop $forever br $forever) unreachable)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64) i64.const 0))
