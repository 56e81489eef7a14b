;; It calls itself without end, before anything is called.
;; call: execute_task "a" "{}"
;; expect: limit stack while starting
(module
    (func $start call $start nop)
    (start $start)
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        i64.const 0))
