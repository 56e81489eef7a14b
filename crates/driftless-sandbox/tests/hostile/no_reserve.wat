;; There is no place for arguments.
;; expect: refused "it exports no `driftless_reserve`, which a plugin built with plugin-sdk has"
(module
    (memory (export "memory") 1)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64) i64.const 0))
