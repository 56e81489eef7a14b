;; A type that the host would have to collect.
;; expect: refused "gc"
(module
    (type $box (struct (field i32)))
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        i64.const 0))
