;; It breaks while it makes room.
;; call: execute_task "a" "{}"
;; expect: trap "unreachable"
(module
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) unreachable)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64) i64.const 0))
