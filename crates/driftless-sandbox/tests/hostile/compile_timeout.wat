;; 12 kB that keep the compiler busy for longer than it may, which is 15 s: the call that waits fails, and the control plugin goes on.
;; limits: compile_milliseconds=1500
;; expect: uncompilable "took longer than its 1,500 ms to compile"
(module
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
;; repeat 100: (local $x{n} i32)
;; repeat 100: local.get 0 i32.load offset={n} local.set $x{n}
        block
;; repeat 100: local.get 0 br_if 0 local.get 0 i32.load offset={n} local.set $x{n}
;; repeat 700: local.get 0 br_if 0 local.get 0 i32.load offset={n} local.set $x0
        end
;; repeat 100: local.get 0 local.get $x{n} i32.store
        i64.const 0))
