;; A reply that ends in the middle of a letter.
;; call: execute_task "a" "{}"
;; expect: broken "its reply is not UTF-8 (at byte 1)"
(module
    (data (i32.const 16) "a\e2\82\ac")
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        i64.const 0x10_0000_0003))
