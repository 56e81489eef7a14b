;; Requests for ever, each of which costs fuel.
;; limits: fuel=3000000
;; asks: {"FileSystem":{"paths":["$DIR/granted"]}}
;; grants: all
;; call: execute_task "" "{\"read\":{\"path\":\"$DIR/granted/hello.txt\"}}"
;; expect: limit fuel
(component
    (import "driftless:plugin/file@1.0.0" (instance $file
        (export "request" (func (param "request" string) (param "body" (list u8)) (result (tuple string (list u8)))))))
    (core module $libc
        (memory (export "memory") 1)
        (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024))
    (core instance $libc (instantiate $libc))
    (core func $ask (canon lower (func $file "request") (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
    (core module $m
        (import "libc" "memory" (memory 1))
        (import "host" "ask" (func $ask (param i32 i32 i32 i32 i32)))
        (func (export "execute-task") (param i32 i32 i32 i32) (result i32) (loop $forever (call $ask (local.get 2) (local.get 3) (i32.const 0) (i32.const 0) (i32.const 64)) br $forever) unreachable))
    (core instance $i (instantiate $m
        (with "libc" (instance $libc))
        (with "host" (instance (export "ask" (func $ask))))))
    (func (export "execute-task") (param "name" string) (param "config" string) (result (result string (error string)))
        (canon lift (core func $i "execute-task") (memory (core memory $libc "memory")) (realloc (core func $libc "realloc")))))
