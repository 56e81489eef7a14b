;; It calls a function as if it were another.
;; call: execute_task "a" "{}"
;; expect: trap "indirect call type mismatch"
(module
    (type $f (func (result i64)))
    (func $g (param f64))
    (table funcref (elem $g))
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        (call_indirect (type $f) (i32.const 0))))
