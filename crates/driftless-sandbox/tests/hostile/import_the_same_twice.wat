;; A host function may be imported as often as one likes.
;; call: execute_task "a" "{}"
;; expect: reply ""
(module
    (import "env" "host_get_random" (func $a (result i64)))
    (import "env" "host_get_random" (func $b (result i64)))
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        (drop (call $a)) (drop (call $b)) i64.const 0))
