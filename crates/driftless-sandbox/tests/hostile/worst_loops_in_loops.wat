;; The worst that is let in: loops in loops, 26 times. It compiled in 0.9 s on two cores, with a compiler built as for tests.
;; resident: 200 MiB
;; call: execute_task "a" "{}"
;; expect: limit fuel
(module
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
;; repeat 100: loop
;; repeat 100: local.get 0 br_if 0 end
;; repeat 100: loop
;; repeat 100: local.get 0 br_if 0 end
;; repeat 100: loop
;; repeat 100: local.get 0 br_if 0 end
;; repeat 100: loop
;; repeat 100: local.get 0 br_if 0 end
;; repeat 100: loop
;; repeat 100: local.get 0 br_if 0 end
;; repeat 100: loop
;; repeat 100: local.get 0 br_if 0 end
;; repeat 100: loop
;; repeat 100: local.get 0 br_if 0 end
;; repeat 100: loop
;; repeat 100: local.get 0 br_if 0 end
;; repeat 100: loop
;; repeat 100: local.get 0 br_if 0 end
;; repeat 100: loop
;; repeat 100: local.get 0 br_if 0 end
;; repeat 100: loop
;; repeat 100: local.get 0 br_if 0 end
;; repeat 100: loop
;; repeat 100: local.get 0 br_if 0 end
;; repeat 100: loop
;; repeat 100: local.get 0 br_if 0 end
;; repeat 100: loop
;; repeat 100: local.get 0 br_if 0 end
;; repeat 100: loop
;; repeat 100: local.get 0 br_if 0 end
;; repeat 100: loop
;; repeat 100: local.get 0 br_if 0 end
;; repeat 100: loop
;; repeat 100: local.get 0 br_if 0 end
;; repeat 100: loop
;; repeat 100: local.get 0 br_if 0 end
;; repeat 100: loop
;; repeat 100: local.get 0 br_if 0 end
;; repeat 100: loop
;; repeat 100: local.get 0 br_if 0 end
;; repeat 100: loop
;; repeat 100: local.get 0 br_if 0 end
;; repeat 100: loop
;; repeat 100: local.get 0 br_if 0 end
;; repeat 100: loop
;; repeat 100: local.get 0 br_if 0 end
;; repeat 100: loop
;; repeat 100: local.get 0 br_if 0 end
;; repeat 100: loop
;; repeat 100: local.get 0 br_if 0 end
;; repeat 100: loop
;; repeat 100: local.get 0 br_if 0 end
        i64.const 0))
