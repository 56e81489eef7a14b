;; It calls itself without end.
;; call: execute_task "a" "{}"
;; expect: limit stack
(module
    (func $deeper (param i64) (result i64) (i64.add (i64.const 1) (call $deeper (local.get 0))))
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        (call $deeper (i64.const 0))))
