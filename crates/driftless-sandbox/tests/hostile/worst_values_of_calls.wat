;; The worst that is let in: calls that hand over and return values. It compiled in 8.8 s on two cores, with a compiler built as for tests.
;; resident: 700 MiB
;; call: execute_task "a" "{}"
;; expect: trap "unreachable"
(module
    (memory (export "memory") 1)
    (type $p (func (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)))
    (func $f (type $p) unreachable)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
;; repeat 16: local.get 0 i32.load offset={n}
;; repeat 31000: call $f
;; repeat 16: drop
        i64.const 0))
