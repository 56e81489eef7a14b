;; A text goes from one part to another, for ever: the copying is no instruction, and time ends it.
;; limits: milliseconds=300
;; call: execute_task "a" "{}"
;; expect: limit time
(component
    (component $b
        (core module $m
            (memory (export "memory") 160)
            (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
            (func (export "take") (param i32 i32)))
        (core instance $i (instantiate $m))
        (func (export "take") (param "text" string)
            (canon lift (core func $i "take") (memory (core memory $i "memory")) (realloc (core func $i "realloc")) string-encoding=utf8)))
    (component $a
        (import "take" (func $take (param "text" string)))
        (core module $libc
            (memory (export "memory") 80)
            (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024))
        (core instance $libc (instantiate $libc))
        (core func $take (canon lower (func $take) (memory (core memory $libc "memory"))))
        (core module $m
            (import "b" "take" (func $take (param i32 i32)))
            (func (export "execute-task") (param i32 i32 i32 i32) (result i32)
                (loop $forever (call $take (i32.const 2048) (i32.const 4000000)) br $forever) unreachable))
        (core instance $i (instantiate $m (with "b" (instance (export "take" (func $take))))))
        (func (export "execute-task") (param "name" string) (param "config" string) (result (result string (error string)))
            (canon lift (core func $i "execute-task") (memory (core memory $libc "memory")) (realloc (core func $libc "realloc")))))
    (instance $b (instantiate $b))
    (instance $a (instantiate $a (with "take" (func $b "take"))))
    (export "execute-task" (func $a "execute-task")))
