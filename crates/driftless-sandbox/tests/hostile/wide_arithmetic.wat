;; Instructions that no released compiler emits.
;; expect: refused "wide arithmetic support is not enabled"
(module
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        (i64.mul_wide_u (i64.const 1) (i64.const 1)) drop))
