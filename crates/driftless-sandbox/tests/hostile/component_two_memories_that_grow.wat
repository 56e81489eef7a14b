;; It takes memory in turn from two: none has as much as a plugin may have, all together have more.
;; limits: memory=33554432
;; call: execute_task "a" "{}"
;; expect: limit memory
(component
    (core module $other1 (memory (export "memory") 1) (func (export "grow") (result i32) (memory.grow (i32.const 16))))
    (core instance $other1 (instantiate $other1))
    (core module $m
        (import "other1" "grow" (func $grow1 (result i32)))
        (memory (export "memory") 1)
        (data (i32.const 16) "\00\00\00\00\1c\00\00\00\14\00\00\00{\"status\":\"success\"}")
        (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
        (func (export "execute-task") (param i32 i32 i32 i32) (result i32) (loop $more (if (i32.eq (call $grow1) (i32.const -1)) (then unreachable)) (br_if $more (i32.ne (memory.grow (i32.const 16)) (i32.const -1)))) unreachable))
    (core instance $i (instantiate $m
        (with "other1" (instance $other1))))
    (func (export "execute-task") (param "name" string) (param "config" string) (result (result string (error string)))
        (canon lift (core func $i "execute-task") (memory (core memory $i "memory")) (realloc (core func $i "realloc")))))
