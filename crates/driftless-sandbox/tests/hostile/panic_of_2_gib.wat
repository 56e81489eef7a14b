;; It gives up, with a message of two gigabytes by its own word.
;; call: execute_task "a" "{}"
;; expect: trap "it handed over 2147483647 bytes at 0x0, outside its memory"
(module
    (import "env" "host_panic" (func $panic (param i32 i32)))
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        (call $panic (i32.const 0) (i32.const 2147483647)) i64.const 0))
