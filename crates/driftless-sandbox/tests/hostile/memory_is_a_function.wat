;; Its memory is a function.
;; expect: refused "it exports no memory called `memory`"
(module
    (func (export "memory"))
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64) i64.const 0))
