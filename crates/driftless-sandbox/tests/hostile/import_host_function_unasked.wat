;; A host function whose permission the manifest does not ask for.
;; expect: refused "it imports `env.host_function`: it needs the permission `HostFunction`, which the manifest does not ask for"
(module
    (import "env" "host_function" (func (param i32 i32 i32 i32) (result i64)))
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        i64.const 0))
