;; It divides by zero.
;; call: execute_task "a" "{}"
;; expect: trap "integer divide by zero"
(module
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        (i64.div_s (i64.const 1) (i64.const 0))))
