;; Running a program.
;; expect: refused "it imports `env.system`: plugins make no system calls"
(module
    (import "env" "system" (func (param i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        i64.const 0))
