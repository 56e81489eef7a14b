;; A function of the protocol that is in truth the host's own: its number is a reply of more than a gigabyte.
;; call: get_task_definitions
;; expect: limit output
(module
    (import "env" "host_get_timestamp" (func $clock (result i64)))
    (export "get_task_definitions" (func $clock))
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024))
