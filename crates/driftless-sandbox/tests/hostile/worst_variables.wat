;; The worst that is let in: variables that are alive over loops. It compiled in 3.9 s on two cores, with a compiler built as for tests.
;; resident: 500 MiB
;; call: execute_task "a" "{}"
;; expect: limit fuel
(module
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
;; repeat 1000: (local $x{n} i32)
;; repeat 1000: local.get 0 i32.load offset={n} local.set $x{n}
;; repeat 2000: loop local.get 0 br_if 0 end
;; repeat 1000: local.get 0 local.get $x{n} i32.store
        i64.const 0))
