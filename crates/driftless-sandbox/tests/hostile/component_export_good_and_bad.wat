;; One export as it should be and one that is not.
;; expect: refused "its export `get-hooks` has other types; the protocol has func() -> result<string, string>"
(component
    (core module $m
        (memory (export "memory") 1)
        (data (i32.const 16) "\00\00\00\00\1c\00\00\00\14\00\00\00{\"status\":\"success\"}")
        (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
        (func (export "execute-task") (param i32 i32 i32 i32) (result i32) i32.const 16)
        (func (export "get-hooks") (result i32) i32.const 0))
    (core instance $i (instantiate $m))
    (func (export "get-hooks") (result u32) (canon lift (core func $i "get-hooks")))
    (func (export "execute-task") (param "name" string) (param "config" string) (result (result string (error string)))
        (canon lift (core func $i "execute-task") (memory (core memory $i "memory")) (realloc (core func $i "realloc")))))
