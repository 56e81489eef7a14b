;; An unknown level is no reason to lose the message.
;; call: execute_task "a" "{}"
;; expect: reply ""
;; log: info "careful"
(module
    (import "env" "host_log" (func $log (param i32 i32 i32 i32)))
    (data (i32.const 16) "oops")
    (data (i32.const 32) "careful")
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        (call $log (i32.const 16) (i32.const 4) (i32.const 32) (i32.const 7)) i64.const 0))
