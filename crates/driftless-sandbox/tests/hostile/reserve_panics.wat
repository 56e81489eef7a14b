;; It gives up while it makes room.
;; call: execute_task "a" "{}"
;; expect: panic "\u0000\u0000\u0000\u0000"
(module
    (import "env" "host_panic" (func $panic (param i32 i32)))
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) (call $panic (i32.const 0) (i32.const 4)) unreachable)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64) i64.const 0))
