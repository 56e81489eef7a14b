;; A socket.
;; expect: refused "it imports `env.sock_open`: plugins have no network" "it imports `env.socket`: plugins have no network"
(module
    (import "env" "sock_open" (func (param i32) (result i32)))
    (import "env" "socket" (func (param i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        i64.const 0))
