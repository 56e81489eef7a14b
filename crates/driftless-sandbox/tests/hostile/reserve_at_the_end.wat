;; The place for arguments ends exactly where memory does.
;; call: execute_task "a" "{}"
;; expect: reply ""
(module
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) (i32.sub (i32.const 65536) (local.get 0)))
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64) i64.const 0))
