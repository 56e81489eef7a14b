;; Four hundred functions between two parts, whose types double nine times: 77 kB that keep the compiler busy for longer than it may.
;; limits: compile_milliseconds=400
;; expect: uncompilable "took longer than its 400 ms to compile"
(component $top
    (component $types
        (type $t0 (tuple string string))
        (type $t1 (tuple $t0 $t0))
        (type $t2 (tuple $t1 $t1))
        (type $t3 (tuple $t2 $t2))
        (type $t4 (tuple $t3 $t3))
        (type $t5 (tuple $t4 $t4))
        (type $t6 (tuple $t5 $t5))
        (type $t7 (tuple $t6 $t6))
        (type $t8 (tuple $t7 $t7))
        (type $t9 (tuple $t8 $t8))
        (type $t (list $t9))
        (export "t" (type $t)))
    (instance $types (instantiate $types))
    (alias export $types "t" (type $t))
    (component $b
        (alias outer $top $t (type $t))
        (core module $m
            (memory (export "memory") 1)
            (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
;; repeat 400:             (func (export "take{n}") (param i32 i32))
            )
        (core instance $i (instantiate $m))
        (export $t' "t" (type $t))
;; repeat 400:         (func (export "take{n}") (param "x" $t') (canon lift (core func $i "take{n}") (memory (core memory $i "memory")) (realloc (core func $i "realloc")) string-encoding=utf16))
    )
    (instance $b (instantiate $b))
    (component $a
        (alias outer $top $t (type $t0))
        (import "t" (type $t (eq $t0)))
;; repeat 400:         (import "take{n}" (func $import{n} (param "x" $t)))
        (core module $libc
            (memory (export "memory") 1)
            (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024))
        (core instance $libc (instantiate $libc))
;; repeat 400:         (core func $take{n} (canon lower (func $import{n}) (memory (core memory $libc "memory"))))
        (core module $m
            (import "b" "take0" (func $take (param i32 i32)))
            (func (export "execute-task") (param i32 i32 i32 i32) (result i32) i32.const 16))
        (core instance $i (instantiate $m (with "b" (instance
;; repeat 400: (export "take{n}" (func $take{n}))
        ))))
        (func (export "execute-task") (param "name" string) (param "config" string) (result (result string (error string)))
            (canon lift (core func $i "execute-task") (memory (core memory $libc "memory")) (realloc (core func $libc "realloc")))))
    (instance $a (instantiate $a (with "t" (type $t)) 
;; repeat 400: (with "take{n}" (func $b "take{n}"))
))
    (export "execute-task" (func $a "execute-task")))
