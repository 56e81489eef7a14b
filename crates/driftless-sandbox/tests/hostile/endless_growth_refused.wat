;; It asks for memory for ever, and is refused for ever, which costs hardly any fuel.
;; limits: fuel=18446744073709551615 milliseconds=200
;; call: execute_task "a" "{}"
;; expect: limit memory
(module
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        (loop $forever (drop (memory.grow (i32.const 65535))) br $forever) unreachable))
