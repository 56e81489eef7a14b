;; Blocks in blocks, 10,000 deep: a reader that follows them by recursion runs out of stack.
;; call: execute_task "a" "{}"
;; expect: reply ""
(module
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
;; repeat 10000: block
;; repeat 10000: end
        i64.const 0))
