;; It asks for nothing, can ask for nothing, and fetches an answer.
;; call: execute_task "" "{}"
;; expect: trap "it fetched an answer, and there is none"
(module
    (import "env" "host_take" (func $take (param i32)))
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 0x1000)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        (call $take (i32.const 0)) i64.const 0))
