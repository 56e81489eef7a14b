;; The manifest stands in a module inside, where it is not the plugin's.
;; expect: refused "it needs the permission `FileSystem`, which the manifest does not ask for"
(component
    (import "driftless:plugin/file@1.0.0" (instance $file
        (export "request" (func (param "request" string) (param "body" (list u8)) (result (tuple string (list u8)))))))
    (core module $m
        (@custom "driftless.manifest.v1" "{\"name\":\"inner\",\"version\":\"1.0.0\",\"permissions\":[{\"FileSystem\":{\"paths\":[\"/\"]}}]}")
        (memory (export "memory") 1)
        (data (i32.const 16) "\00\00\00\00\1c\00\00\00\14\00\00\00{\"status\":\"success\"}")
        (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024)
        (func (export "execute-task") (param i32 i32 i32 i32) (result i32) i32.const 16))
    (core instance $i (instantiate $m))
    (func (export "execute-task") (param "name" string) (param "config" string) (result (result string (error string)))
        (canon lift (core func $i "execute-task") (memory (core memory $i "memory")) (realloc (core func $i "realloc")))))
