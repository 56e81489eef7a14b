;; A global of the host.
;; expect: refused "it imports `env.__stack_pointer`: the host offers no such function"
(module
    (import "env" "__stack_pointer" (global (mut i32)))
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        i64.const 0))
