;; A component with a plugin inside.
;; expect: refused "it is no plugin: it exports none of the protocol's functions"
(component
    (core module
        (memory (export "memory") 1)
        (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
        (func (export "execute_task") (param i32 i32 i32 i32) (result i64) i64.const 0)))
