;; Two memories, each of which would fit by itself.
;; limits: memory=1048576
;; expect: uncompilable "needed more than its 1 MiB of memory"
(component
    (core module $other (memory (export "memory") 8))
    (core instance $other (instantiate $other))
    (core module $m
        (memory (export "memory") 9)
        (data (i32.const 16) "\00\00\00\00\1c\00\00\00\14\00\00\00{\"status\":\"success\"}")
        (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
        (func (export "execute-task") (param i32 i32 i32 i32) (result i32) i32.const 16))
    (core instance $i (instantiate $m))
    (func (export "execute-task") (param "name" string) (param "config" string) (result (result string (error string)))
        (canon lift (core func $i "execute-task") (memory (core memory $i "memory")) (realloc (core func $i "realloc")))))
