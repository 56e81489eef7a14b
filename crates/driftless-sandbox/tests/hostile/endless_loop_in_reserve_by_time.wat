;; The same, until the time is over.
;; limits: fuel=18446744073709551615 milliseconds=100
;; call: execute_task "a" "{}"
;; expect: limit time
(module
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) (loop $forever br $forever) unreachable)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64) i64.const 0))
