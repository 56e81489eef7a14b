;; A memory that threads share.
;; expect: refused "threads must be enabled for shared memories"
(module
    (memory (export "memory") 1 1 shared)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64) i64.const 0))
