;; Two manifests: one for the code that lists plugins, one for the code that runs them.
;; expect: refused "it has two manifests"
(module
    (@custom "driftless.manifest.v1" "{\"name\":\"good\",\"version\":\"1.0.0\"}")
    (@custom "driftless.manifest.v1" "{\"name\":\"evil\",\"version\":\"1.0.0\"}")
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        i64.const 0))
