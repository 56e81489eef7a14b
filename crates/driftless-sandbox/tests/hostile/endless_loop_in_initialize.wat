;; It never ends, in the function that a linker adds.
;; limits: fuel=10000000
;; call: execute_task "a" "{}"
;; expect: limit fuel while starting
(module
    (func (export "_initialize") (loop $forever br $forever))
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        i64.const 0))
