;; It asks for all that 32 bits can address, and for more.
;; call: execute_task "a" "{}"
;; expect: limit memory
(module
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        (drop (memory.grow (i32.const 65536))) (drop (memory.grow (i32.const -1))) unreachable))
