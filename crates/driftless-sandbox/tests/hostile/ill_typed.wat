;; A function whose body does not fit its type.
;; expect: refused "type mismatch: expected i64, found i32"
(module
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64) i32.const 0))
