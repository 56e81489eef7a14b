;; Branches to one label, each of which comes with other variables.
;; expect: refused "variables times branches squared where branches meet; 1500000000 is the most"
(module
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
;; repeat 100: (local $x{n} i32)
        block
;; repeat 100: local.get 0 br_if 0 local.get 0 i32.load offset={n} local.set $x{n}
;; repeat 3900: local.get 0 br_if 0 local.get 0 i32.load offset={n} local.set $x0
        end
        i64.const 0))
