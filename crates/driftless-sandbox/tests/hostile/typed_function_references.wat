;; References to functions, by type.
;; expect: refused "function references required"
(module
    (type $f (func))
    (func $g (param (ref $f)) (call_ref $f (local.get 0)))
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        i64.const 0))
