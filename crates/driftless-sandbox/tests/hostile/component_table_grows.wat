;; A table that grows beyond what it may have.
;; limits: table_elements=1000
;; call: execute_task "a" "{}"
;; expect: limit table
(component
    (core module $m
        (memory (export "memory") 1)
        (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
        (table $t 1 externref)
        (func (export "execute-task") (param i32 i32 i32 i32) (result i32) (if (i32.eq (table.grow $t (ref.null extern) (i32.const 2000)) (i32.const -1)) (then unreachable)) i32.const 16))
    (core instance $i (instantiate $m))
    (func (export "execute-task") (param "name" string) (param "config" string) (result (result string (error string)))
        (canon lift (core func $i "execute-task") (memory (core memory $i "memory")) (realloc (core func $i "realloc")))))
