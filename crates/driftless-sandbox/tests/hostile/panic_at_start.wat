;; It gives up before anything is called.
;; call: execute_task "a" "{}"
;; expect: panic "careful" while starting
(module
    (import "env" "host_panic" (func $panic (param i32 i32)))
    (data (i32.const 32) "careful")
    (func $start (call $panic (i32.const 32) (i32.const 7)))
    (start $start)
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        i64.const 0))
