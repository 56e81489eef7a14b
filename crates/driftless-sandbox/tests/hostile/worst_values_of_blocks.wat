;; The worst that is let in: loops that take and give a value. It compiled in 1.4 s on two cores, with a compiler built as for tests.
;; resident: 400 MiB
;; call: execute_task "a" "{}"
;; expect: limit fuel
(module
    (memory (export "memory") 1)
    (type $p (func (param i32) (result i32)))
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        local.get 0
;; repeat 2500: loop (type $p) local.get 0 br_if 0 end
        drop
        i64.const 0))
