;; A memory in pages of one byte.
;; expect: refused "custom page sizes"
(module
    (memory (export "memory") 1 (pagesize 1))
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64) i64.const 0))
