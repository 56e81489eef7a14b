;; A permission that the host does not know is not passed over.
;; expect: refused "its manifest cannot be read: unknown variant `Kernel`"
(module
    (@custom "driftless.manifest.v1" "{\"name\":\"good\",\"version\":\"1.0.0\",\"permissions\":[{\"Kernel\":{\"modules\":[\"*\"]}}]}")
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        i64.const 0))
