;; A path that hides itself from the user who is asked.
;; asks: {"FileSystem":{"paths":["/\u001b[2K/etc"]}}
;; expect: refused "its manifest asks for a permission that means nothing: " "a path has no control characters"
(module
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        i64.const 0))
