;; Loops in loops, 1,000 deep, which would be two seconds of the compiler, and 16 if they were 2,000.
;; expect: refused "loops in each other; 100 is the most"
(module
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
;; repeat 1000: loop
;; repeat 1000: local.get 0 br_if 0 end
        i64.const 0))
