;; A name that merely contains a forbidden word: refused for not being on the list, and with no other reason.
;; expect: refused "it imports `env.planet`: the host offers no such function (at byte"
(module
    (import "env" "planet" (func (param i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        i64.const 0))
