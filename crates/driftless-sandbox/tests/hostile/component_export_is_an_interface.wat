;; An interface in the place of a function.
;; expect: refused "its export `execute-task` is no function"
(component
    (core module $m
        (memory (export "memory") 1)
        (data (i32.const 16) "\00\00\00\00\1c\00\00\00\14\00\00\00{\"status\":\"success\"}")
        (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
        (func (export "execute-task") (param i32 i32 i32 i32) (result i32) i32.const 16)
        (func (export "run") (result i32) i32.const 0))
    (core instance $i (instantiate $m))
    (func $run (result u32) (canon lift (core func $i "run")))
    (instance $inner (export "run" (func $run)))
    (export "execute-task" (instance $inner))
    (func (export "get-hooks") (result (result string (error string)))
        (canon lift (core func $i "run") (memory (core memory $i "memory")) (realloc (core func $i "realloc")))))
