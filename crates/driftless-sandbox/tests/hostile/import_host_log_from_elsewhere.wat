;; The right name, the wrong module.
;; expect: refused "it imports `host.host_log`: the host offers no such function" "it imports `.host_log`: the host offers no such function"
(module
    (import "host" "host_log" (func (param i32 i32 i32 i32)))
    (import "" "host_log" (func (param i32 i32 i32 i32)))
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        i64.const 0))
