;; A text in UTF-16 that is not aligned.
;; call: execute_task "a" "{}"
;; expect: trap "aligned"
(component
    (core module $m
        (memory (export "memory") 1)
        (data (i32.const 16) "\00\00\00\00\1d\00\00\00\01\00\00\00\00{\00")
        (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
        (func (export "execute-task") (param i32 i32 i32 i32) (result i32) i32.const 16))
    (core instance $i (instantiate $m))
    (func (export "execute-task") (param "name" string) (param "config" string) (result (result string (error string)))
        (canon lift (core func $i "execute-task") (memory (core memory $i "memory")) (realloc (core func $i "realloc")) string-encoding=utf16)))
