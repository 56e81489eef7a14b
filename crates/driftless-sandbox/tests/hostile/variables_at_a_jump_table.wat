;; A jump table each of whose places hands over variables.
;; expect: refused "units of estimated work for the compiler in one function; 100000000 is the most"
(module
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
;; repeat 200: (local $x{n} i32)
        block
;; repeat 200: local.get 0 i32.load offset={n} local.set $x{n}
        local.get 0 br_table
;; repeat 60000: 0
        end
        i64.const 0))
