;; A handle that the host did not give it.
;; call: execute_task "a" "{}"
;; expect: trap "handle"
(component
    (type $thing (resource (rep i32)))
    (core func $new (canon resource.rep $thing))
    (core module $m
        (import "things" "new" (func $new (param i32) (result i32)))
        (memory (export "memory") 1)
        (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
        (func (export "execute-task") (param i32 i32 i32 i32) (result i32)
            (drop (call $new (i32.const 7))) i32.const 16))
    (core instance $i (instantiate $m (with "things" (instance (export "new" (func $new))))))
    (func (export "execute-task") (param "name" string) (param "config" string) (result (result string (error string)))
        (canon lift (core func $i "execute-task") (memory (core memory $i "memory")) (realloc (core func $i "realloc")))))
