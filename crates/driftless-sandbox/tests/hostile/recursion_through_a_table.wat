;; It calls itself by way of a table.
;; call: execute_task "a" "{}"
;; expect: limit stack
(module
    (type $deeper (func (result i64)))
    (table funcref (elem $deeper))
    (func $deeper (result i64) (i64.add (i64.const 1) (call_indirect (type $deeper) (i32.const 0))))
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        call $deeper))
