;; It gives up, with a message outside its memory.
;; call: execute_task "a" "{}"
;; expect: trap "it handed over 7 bytes at 0xfffffff0, outside its memory"
(module
    (import "env" "host_panic" (func $panic (param i32 i32)))
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        (call $panic (i32.const -16) (i32.const 7)) i64.const 0))
