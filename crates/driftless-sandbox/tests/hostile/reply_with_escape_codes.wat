;; Text is text; the program that shows it on a terminal has to escape it.
;; call: execute_task "a" "{}"
;; expect: reply "\u001b[2J\u0000"
(module
    (data (i32.const 16) "\1b[2J\00")
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        i64.const 0x10_0000_0005))
