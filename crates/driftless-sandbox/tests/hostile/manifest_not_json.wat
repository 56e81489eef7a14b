;; A manifest in another language.
;; expect: refused "its manifest cannot be read: expected ident at line 1 column 2"
(module
    (@custom "driftless.manifest.v1" "name = good")
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        i64.const 0))
