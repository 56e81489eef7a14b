;; The network; `env.net*` is forbidden, whatever follows.
;; expect: refused "it imports `env.net_connect`: plugins have no network" "it imports `env.network`: plugins have no network"
(module
    (import "env" "net_connect" (func (param i32) (result i32)))
    (import "env" "network" (func (param i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        i64.const 0))
