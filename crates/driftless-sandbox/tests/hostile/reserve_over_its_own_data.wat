;; The arguments are written over the reply that it wants to give: its own loss.
;; call: execute_task "ab" "cd"
;; expect: reply "abcd"
(module
    (data (i32.const 16) "reply")
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 16)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64) i64.const 0x10_0000_0004))
