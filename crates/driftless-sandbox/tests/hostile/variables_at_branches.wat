;; Variables that are all alive over branches.
;; expect: refused "units of estimated work for the compiler in one function; 100000000 is the most"
(module
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
;; repeat 9000: (local i32)
;; repeat 1500: local.get 0 if end
        i64.const 0))
