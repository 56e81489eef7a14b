;; It reads behind its memory.
;; call: execute_task "a" "{}"
;; expect: trap "out of bounds memory access"
(module
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        (i64.load (i32.const 65529))))
