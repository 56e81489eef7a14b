;; An unknown field is not passed over.
;; asks: {"FileSystem":{"paths":[],"follow":true}}
;; expect: refused "its manifest cannot be read: unknown field `follow`"
(module
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        i64.const 0))
