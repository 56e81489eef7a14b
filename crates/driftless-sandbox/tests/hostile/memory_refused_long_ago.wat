;; It was refused memory in one call and bore it; what fails in the next one has another reason.
;; limits: memory=1048576
;; call: get_task_definitions
;; expect: reply ""
;; call: execute_task "a" "{}"
;; expect: trap "unreachable"
(module
    (func (export "get_task_definitions") (result i64) (drop (memory.grow (i32.const 100))) i64.const 0)
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        unreachable))
