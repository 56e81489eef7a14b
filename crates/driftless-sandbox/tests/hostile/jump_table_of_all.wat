;; A jump table with 300,000 places.
;; expect: uncompilable "`br_table` has 299999 targets"
(module
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        block
        local.get 0
        br_table
;; repeat 300000: 0
        end
        i64.const 0))
