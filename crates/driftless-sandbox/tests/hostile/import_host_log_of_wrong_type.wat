;; The right name, the wrong type.
;; expect: refused "it imports `env.host_log`: the host offers it as (i32, i32, i32, i32) -> ()"
(module
    (import "env" "host_log" (func (param i32 i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        i64.const 0))
