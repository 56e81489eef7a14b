;; A loop that only calls the host, which no fuel stops while it is there.
;; limits: fuel=18446744073709551615 milliseconds=200
;; call: execute_task "a" "{}"
;; expect: limit time
(module
    (import "env" "host_get_timestamp" (func $clock (result i64)))
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        (loop $forever (drop (call $clock)) br $forever) unreachable))
