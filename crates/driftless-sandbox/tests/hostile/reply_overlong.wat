;; A zero in two bytes, which would get past a search for zeros.
;; call: execute_task "a" "{}"
;; expect: broken "its reply is not UTF-8 (at byte 0)"
(module
    (data (i32.const 16) "\c0\80")
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        i64.const 0x10_0000_0002))
