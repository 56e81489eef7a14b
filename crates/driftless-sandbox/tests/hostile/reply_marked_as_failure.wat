;; The highest bit of the length marks a failure, and is no part of the length.
;; call: execute_task "a" "{}"
;; expect: failure "bad"
(module
    (data (i32.const 16) "bad")
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        i64.const 0x10_8000_0003))
