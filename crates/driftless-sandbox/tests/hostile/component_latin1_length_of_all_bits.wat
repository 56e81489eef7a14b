;; A length whose every bit is set, the one that says UTF-16 among them.
;; call: execute_task "a" "{}"
;; expect: trap "out of bounds"
(component
    (core module $m
        (memory (export "memory") 1)
        (data (i32.const 16) "\00\00\00\00\1c\00\00\00\ff\ff\ff\ff")
        (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
        (func (export "execute-task") (param i32 i32 i32 i32) (result i32) i32.const 16))
    (core instance $i (instantiate $m))
    (func (export "execute-task") (param "name" string) (param "config" string) (result (result string (error string)))
        (canon lift (core func $i "execute-task") (memory (core memory $i "memory")) (realloc (core func $i "realloc")) string-encoding=latin1+utf16)))
