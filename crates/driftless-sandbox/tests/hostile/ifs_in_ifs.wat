;; Conditions in conditions, 2,000 deep.
;; call: execute_task "a" "{}"
;; expect: reply ""
(module
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
;; repeat 2000: local.get 0 if
;; repeat 2000: end
        i64.const 0))
