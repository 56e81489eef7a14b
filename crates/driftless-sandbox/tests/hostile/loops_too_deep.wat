;; One loop more in loops than there may be.
;; expect: refused "it has 101 loops in each other; 100 is the most"
(module
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
;; repeat 101: loop
;; repeat 400: nop nop nop nop nop nop
;; repeat 101: end
        i64.const 0))
