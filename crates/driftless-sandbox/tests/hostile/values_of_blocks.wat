;; Blocks that take and give values, in few bytes: the compiler needs memory for the square of these.
;; expect: refused "it has 5024 values taken and given by the blocks of one function; 5000 is the most"
(module
    (memory (export "memory") 1)
    (type $p (func (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)))
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
;; repeat 16: local.get 0
;; repeat 157: loop (type $p) end
;; repeat 16: drop
        i64.const 0))
