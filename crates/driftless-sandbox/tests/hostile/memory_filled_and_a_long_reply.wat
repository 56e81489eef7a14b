;; Everything at once: all of its memory, and as long a reply as may be.
;; call: execute_task "a" "{}"
;; expect: reply contains "aaaaaaaa"
(module
    (memory (export "memory") 1024)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 0x1000)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        (memory.fill (i32.const 0) (i32.const 0x61) (i32.const 0x4000000))
        i64.const 0x100_0000))
