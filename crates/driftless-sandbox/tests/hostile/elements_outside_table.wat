;; Its elements would be written outside its table.
;; call: execute_task "a" "{}"
;; expect: trap "out of bounds table access" while starting
(module
    (table 1 funcref)
    (func $f)
    (elem (i32.const 1) $f)
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        i64.const 0))
