;; A message is cut between letters, not inside one.
;; limits: log_message=4
;; call: execute_task "a" "{}"
;; expect: reply ""
;; log: warn "€"
(module
    (import "env" "host_log" (func $log (param i32 i32 i32 i32)))
    (data (i32.const 16) "warn")
    (data (i32.const 32) "\e2\82\ac\e2\82\ac")
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        (call $log (i32.const 16) (i32.const 4) (i32.const 32) (i32.const 6)) i64.const 0))
