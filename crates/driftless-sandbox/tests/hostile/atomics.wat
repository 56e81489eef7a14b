;; Instructions for threads.
;; expect: refused "threads support is not enabled"
(module
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        (drop (i32.atomic.rmw.add (i32.const 0) (i32.const 1))) i64.const 0))
