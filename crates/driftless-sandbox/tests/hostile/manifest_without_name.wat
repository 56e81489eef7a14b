;; A manifest that does not say the one thing that it is for.
;; expect: refused "its manifest cannot be read: missing field `name`"
(module
    (@custom "driftless.manifest.v1" "{\"version\":\"1.0.0\"}")
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        i64.const 0))
