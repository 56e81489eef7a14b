;; It breaks on purpose.
;; call: execute_task "a" "{}"
;; expect: trap "unreachable"
(module
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        unreachable))
