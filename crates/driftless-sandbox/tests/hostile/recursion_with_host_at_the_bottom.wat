;; It calls the host from the depth of its stack; the host has its own room.
;; call: execute_task "a" "{}"
;; expect: limit stack
(module
    (import "env" "host_log" (func $log (param i32 i32 i32 i32)))
    (func $deeper (result i64)
        (call $log (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))
        (i64.add (i64.const 1) (call $deeper)))
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        call $deeper))
