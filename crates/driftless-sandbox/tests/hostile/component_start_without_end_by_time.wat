;; The same, with more fuel than time.
;; limits: milliseconds=200 fuel=9000000000000000000
;; call: execute_task "a" "{}"
;; expect: limit time while starting
(component
    (core module $m
        (memory (export "memory") 1)
        (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
        (func (export "execute-task") (param i32 i32 i32 i32) (result i32) i32.const 16)
        (func $start (loop $forever br $forever))
        (start $start))
    (core instance $i (instantiate $m))
    (func (export "execute-task") (param "name" string) (param "config" string) (result (result string (error string)))
        (canon lift (core func $i "execute-task") (memory (core memory $i "memory")) (realloc (core func $i "realloc")))))
