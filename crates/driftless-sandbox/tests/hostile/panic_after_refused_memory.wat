;; It was refused memory and says so itself: its own words are the better ones.
;; call: execute_task "a" "{}"
;; expect: panic "careful"
(module
    (import "env" "host_panic" (func $panic (param i32 i32)))
    (data (i32.const 32) "careful")
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        (drop (memory.grow (i32.const 65535))) (call $panic (i32.const 32) (i32.const 7)) i64.const 0))
