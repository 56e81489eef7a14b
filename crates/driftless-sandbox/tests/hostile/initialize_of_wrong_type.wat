;; What a linker adds takes nothing and returns nothing.
;; expect: refused "its export `_initialize` is (i32) -> (i32); the protocol has () -> ()"
(module
    (func (export "_initialize") (param i32) (result i32) i32.const 0)
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64) i64.const 0))
