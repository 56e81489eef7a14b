;; Its data would be written where an address overflows.
;; call: execute_task "a" "{}"
;; expect: trap "out of bounds memory access" while starting
(module
    (data (i32.const -1) "0123456789")
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        i64.const 0))
