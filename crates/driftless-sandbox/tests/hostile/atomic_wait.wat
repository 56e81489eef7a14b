;; Sleeping until another thread wakes it: there is none, and no fuel burns.
;; expect: refused "threads support is not enabled"
(module
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1))) i64.const 0))
