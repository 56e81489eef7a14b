;; It calls an empty place of a table.
;; call: execute_task "a" "{}"
;; expect: trap "uninitialized element"
(module
    (type $f (func (result i64)))
    (table 10 funcref)
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        (call_indirect (type $f) (i32.const 5))))
