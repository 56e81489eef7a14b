;; A function that takes from an empty stack.
;; expect: refused "type mismatch: expected a type but nothing on stack"
(module
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64) drop i64.const 0))
