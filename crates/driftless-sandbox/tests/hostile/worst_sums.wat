;; The worst that is let in: one large function of sums of constants, each of which the compiler tries to combine with the one before. It compiled in 8.7 s and 1 GB of memory on two cores, with a compiler built as for tests.
;; resident: 1300 MiB
;; call: execute_task "a" "{}"
;; expect: reply ""
(module
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
;; repeat 115000: local.get 0 i32.const {n} i32.add local.set 0
        i64.const 0))
