;; A function of the protocol that takes numbers.
;; expect: refused "its export `execute-task` has other types; the protocol has func(string, string) -> result<string, string>"
(component
    (core module $m
        (memory (export "memory") 1)
        (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
        (func (export "execute-task") (param i32 i32) (result i32) i32.const 16))
    (core instance $i (instantiate $m))
    (func (export "execute-task") (param "name" u32) (param "config" u32) (result (result string (error string)))
        (canon lift (core func $i "execute-task") (memory (core memory $i "memory")) (realloc (core func $i "realloc")))))
