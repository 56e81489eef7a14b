;; It begins with a page more than it may have.
;; limits: memory=1048576
;; expect: uncompilable "needed more than its 1 MiB of memory"
(module
    (memory (export "memory") 17)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64) i64.const 0))
