;; A handle's end that breaks.
;; call: execute_task "a" "{}"
;; expect: trap "unreachable"
(component
    (core module $end (func (export "end") (param i32) unreachable))
    (core instance $end (instantiate $end))
    (type $thing (resource (rep i32) (dtor (core func $end "end"))))
    (core func $new (canon resource.new $thing))
    (core func $drop (canon resource.drop $thing))
    (core module $m
        (import "things" "new" (func $new (param i32) (result i32)))
        (import "things" "drop" (func $drop (param i32)))
        (memory (export "memory") 1)
        (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
        (func (export "execute-task") (param i32 i32 i32 i32) (result i32)
            (call $drop (call $new (i32.const 7))) i32.const 16))
    (core instance $i (instantiate $m (with "things" (instance (export "new" (func $new)) (export "drop" (func $drop))))))
    (func (export "execute-task") (param "name" string) (param "config" string) (result (result string (error string)))
        (canon lift (core func $i "execute-task") (memory (core memory $i "memory")) (realloc (core func $i "realloc")))))
