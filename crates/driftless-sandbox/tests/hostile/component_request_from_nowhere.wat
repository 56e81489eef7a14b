;; A request whose body lies outside of its memory.
;; asks: {"FileSystem":{"paths":["$DIR/granted"]}}
;; grants: all
;; call: execute_task "a" "{}"
;; expect: trap "out of bounds"
(component
    (import "driftless:plugin/file@1.0.0" (instance $file
        (export "request" (func (param "request" string) (param "body" (list u8)) (result (tuple string (list u8)))))))
    (core module $libc
        (memory (export "memory") 1)
        (global $next (mut i32) (i32.const 4096))
        (func (export "realloc") (param i32 i32 i32 i32) (result i32) (global.get $next) (global.set $next (i32.and (i32.const -8) (i32.add (i32.const 7) (i32.add (global.get $next) (local.get 3)))))))
    (core instance $libc (instantiate $libc))
    (core func $ask (canon lower (func $file "request") (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
    (core module $m
        (import "libc" "memory" (memory 1))
        (import "host" "ask" (func $ask (param i32 i32 i32 i32 i32)))
        (func (export "execute-task") (param i32 i32 i32 i32) (result i32) (call $ask (i32.const 0) (i32.const 2) (i32.const 65535) (i32.const 2) (i32.const 64)) i32.const 16))
    (core instance $i (instantiate $m
        (with "libc" (instance $libc))
        (with "host" (instance (export "ask" (func $ask))))))
    (func (export "execute-task") (param "name" string) (param "config" string) (result (result string (error string)))
        (canon lift (core func $i "execute-task") (memory (core memory $libc "memory")) (realloc (core func $libc "realloc")))))
