;; It calls itself for ever.
;; call: execute_task "a" "{}"
;; expect: limit stack
(component
    (core module $m
        (memory (export "memory") 1)
        (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
        (func $down (call $down))
        (func (export "execute-task") (param i32 i32 i32 i32) (result i32) (call $down) unreachable))
    (core instance $i (instantiate $m))
    (func (export "execute-task") (param "name" string) (param "config" string) (result (result string (error string)))
        (canon lift (core func $i "execute-task") (memory (core memory $i "memory")) (realloc (core func $i "realloc")))))
