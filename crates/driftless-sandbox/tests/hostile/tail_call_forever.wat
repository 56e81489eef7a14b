;; A tail call needs no stack, so only the fuel ends it.
;; limits: fuel=10000000
;; call: execute_task "a" "{}"
;; expect: limit fuel
(module
    (func $again (result i64) return_call $again)
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        call $again))
