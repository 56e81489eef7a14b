;; A reply whose letters take three bytes each for the host and two for the plugin.
;; limits: output=1000
;; call: execute_task "a" "{}"
;; expect: limit output
(component
    (core module $m
        (memory (export "memory") 1)
        (data (i32.const 16) "\00\00\00\00\00\04\00\00\f4\01\00\00")
        (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
        (func (export "execute-task") (param i32 i32 i32 i32) (result i32) (memory.fill (i32.const 1024) (i32.const 32) (i32.const 4096)) i32.const 16))
    (core instance $i (instantiate $m))
    (func (export "execute-task") (param "name" string) (param "config" string) (result (result string (error string)))
        (canon lift (core func $i "execute-task") (memory (core memory $i "memory")) (realloc (core func $i "realloc")) string-encoding=utf16)))
