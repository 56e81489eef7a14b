;; A loop without a comparison and without a call.
;; limits: fuel=10000000
;; call: execute_task "a" "{}"
;; expect: limit fuel
(module
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        (loop $forever (br_table $forever $forever (i32.const 1))) unreachable))
