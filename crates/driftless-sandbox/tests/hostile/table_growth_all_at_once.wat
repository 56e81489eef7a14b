;; It asks for a table that no number holds, which would cost four billion units of fuel.
;; limits: fuel=18446744073709551615
;; call: execute_task "a" "{}"
;; expect: limit table
(module
    (table $t 1 funcref)
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        (drop (table.grow $t (ref.null func) (i32.const -1))) unreachable))
