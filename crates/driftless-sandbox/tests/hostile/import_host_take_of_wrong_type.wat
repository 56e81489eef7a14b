;; The way to answers with another type.
;; expect: refused "it imports `env.host_take`: the host offers it as (i32) -> ()"
(module
    (import "env" "host_take" (func (param i64)))
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        i64.const 0))
