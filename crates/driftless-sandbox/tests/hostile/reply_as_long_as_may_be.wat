;; As many bytes as a reply may have.
;; limits: output=21
;; call: execute_task "a" "{}"
;; expect: reply "twenty bytes of reply"
(module
    (data (i32.const 32) "twenty bytes of reply")
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        i64.const 0x20_0000_0015))
