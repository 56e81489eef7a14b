;; The place for arguments is -1.
;; call: execute_task "a" "{}"
;; expect: broken "the place that it reserved for arguments lies outside its memory"
(module
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const -1)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64) i64.const 0))
