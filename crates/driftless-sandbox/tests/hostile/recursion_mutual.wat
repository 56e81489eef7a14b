;; Two that call each other without end.
;; call: execute_task "a" "{}"
;; expect: limit stack
(module
    (func $ping (result i64) (i64.add (i64.const 1) (call $pong)))
    (func $pong (result i64) (i64.add (i64.const 1) (call $ping)))
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        call $ping))
