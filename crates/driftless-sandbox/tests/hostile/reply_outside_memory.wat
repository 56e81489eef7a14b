;; A reply that begins in memory and ends behind it.
;; call: execute_task "a" "{}"
;; expect: broken "its reply of 17 bytes at 0xfff0 lies outside its memory of 65536 bytes"
(module
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        i64.const 0xfff0_0000_0011))
