;; More functions between inside and outside than there may be.
;; expect: refused "functions between a component and the outside; 1000 is the most"
(component
    (component $c
        (import "f" (func $f))
;; repeat 1001:         (core func (canon lower (func $f)))
    )
    (core module $m
        (memory (export "memory") 1)
        (data (i32.const 16) "\00\00\00\00\1c\00\00\00\14\00\00\00{\"status\":\"success\"}")
        (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
        (func (export "execute-task") (param i32 i32 i32 i32) (result i32) i32.const 16))
    (core instance $i (instantiate $m))
    (func (export "execute-task") (param "name" string) (param "config" string) (result (result string (error string)))
        (canon lift (core func $i "execute-task") (memory (core memory $i "memory")) (realloc (core func $i "realloc")))))
