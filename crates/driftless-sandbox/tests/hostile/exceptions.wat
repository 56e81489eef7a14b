;; A tag, for exceptions.
;; expect: refused "exceptions proposal not enabled"
(module
    (tag $oops)
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        throw $oops))
