;; It grows beyond what it allows itself: not the user's setting is in its way, and raising it would not help.
;; call: execute_task "a" "{}"
;; expect: trap "unreachable"
(module
    (memory (export "memory") 1 2)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        (if (i32.eq (memory.grow (i32.const 5)) (i32.const -1)) (then unreachable)) i64.const 0))
