;; It takes memory in turn from four: none has as much as a plugin may have, all together have more.
;; limits: memory=33554432
;; call: execute_task "a" "{}"
;; expect: limit memory
(component
    (core module $other1 (memory (export "memory") 1) (func (export "grow") (result i32) (memory.grow (i32.const 16))))
    (core instance $other1 (instantiate $other1))
    (core module $other2 (memory (export "memory") 1) (func (export "grow") (result i32) (memory.grow (i32.const 16))))
    (core instance $other2 (instantiate $other2))
    (core module $other3 (memory (export "memory") 1) (func (export "grow") (result i32) (memory.grow (i32.const 16))))
    (core instance $other3 (instantiate $other3))
    (core module $m
        (import "other1" "grow" (func $grow1 (result i32)))
        (import "other2" "grow" (func $grow2 (result i32)))
        (import "other3" "grow" (func $grow3 (result i32)))
        (memory (export "memory") 1)
        (data (i32.const 16) "\00\00\00\00\1c\00\00\00\14\00\00\00{\"status\":\"success\"}")
        (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
        (func (export "execute-task") (param i32 i32 i32 i32) (result i32) (loop $more (if (i32.eq (call $grow1) (i32.const -1)) (then unreachable)) (if (i32.eq (call $grow2) (i32.const -1)) (then unreachable)) (if (i32.eq (call $grow3) (i32.const -1)) (then unreachable)) (br_if $more (i32.ne (memory.grow (i32.const 16)) (i32.const -1)))) unreachable))
    (core instance $i (instantiate $m
        (with "other1" (instance $other1)) (with "other2" (instance $other2)) (with "other3" (instance $other3))))
    (func (export "execute-task") (param "name" string) (param "config" string) (result (result string (error string)))
        (canon lift (core func $i "execute-task") (memory (core memory $i "memory")) (realloc (core func $i "realloc")))))
