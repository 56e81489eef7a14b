;; Conditions one behind the other: each is passed by all ways to the next.
;; expect: refused "units of estimated work for the compiler in one function; 100000000 is the most"
(module
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
;; repeat 20000: block local.get 0 br_if 0 end
        i64.const 0))
