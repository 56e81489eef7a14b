;; It makes a whole number of one that is none.
;; call: execute_task "a" "{}"
;; expect: trap "invalid conversion to integer"
(module
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        (i64.trunc_f64_s (f64.const nan))))
