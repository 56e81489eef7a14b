;; The worst that is let in: conditions one behind the other. It compiled in 0.7 s on two cores, with a compiler built as for tests.
;; call: execute_task "a" "{}"
;; expect: reply ""
(module
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
;; repeat 7000: block local.get 0 br_if 0 end
        i64.const 0))
