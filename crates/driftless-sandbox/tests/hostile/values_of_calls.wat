;; Calls that hand over and return as many values as they may.
;; expect: refused "units of estimated work for the compiler in one function; 100000000 is the most"
(module
    (memory (export "memory") 1)
    (type $p (func (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)))
    (func $f (type $p) unreachable)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
;; repeat 16: local.get 0
;; repeat 32000: call $f
;; repeat 16: drop
        i64.const 0))
