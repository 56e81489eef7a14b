;; Addresses begin at zero, and so may the place for arguments.
;; call: execute_task "a" "{}"
;; expect: reply ""
(module
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 0)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64) i64.const 0))
