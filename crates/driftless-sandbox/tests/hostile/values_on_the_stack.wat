;; 20,000 values that are all alive at once.
;; call: execute_task "a" "{}"
;; expect: reply ""
(module
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
;; repeat 20000: local.get 0 i32.load
;; repeat 20000: drop
        i64.const 0))
