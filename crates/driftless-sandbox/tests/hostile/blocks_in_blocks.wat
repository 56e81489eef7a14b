;; Blocks in blocks, 300,000 deep: whoever follows them by calling himself runs out of stack.
;; call: execute_task "a" "{}"
;; expect: reply ""
(module
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
;; repeat 300000: block
;; repeat 300000: end
        i64.const 0))
