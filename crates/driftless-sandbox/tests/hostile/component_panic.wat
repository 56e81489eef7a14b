;; It gives up, with words that would move the cursor of a terminal.
;; call: execute_task "a" "{}"
;; expect: panic "\u001b[2Jgood\u0007"
(component
    (import "driftless:plugin/host@1.0.0" (instance $host
        (export "panic" (func (param "message" string)))))
    (core module $libc
        (memory (export "memory") 1)
        (data (i32.const 16) "\00\00\00\00\1c\00\00\00\14\00\00\00{\"status\":\"success\"}")
        (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024))
    (core instance $libc (instantiate $libc))
    (core func $panic (canon lower (func $host "panic") (memory (core memory $libc "memory"))))
    (core module $m
        (import "libc" "memory" (memory 1))
        (import "host" "panic" (func $panic (param i32 i32)))
        (data (i32.const 256) "\1b[2Jgood\07")
        (func (export "execute-task") (param i32 i32 i32 i32) (result i32) (call $panic (i32.const 256) (i32.const 9)) i32.const 16))
    (core instance $i (instantiate $m
        (with "libc" (instance $libc))
        (with "host" (instance (export "panic" (func $panic))))))
    (func (export "execute-task") (param "name" string) (param "config" string) (result (result string (error string)))
        (canon lift (core func $i "execute-task") (memory (core memory $libc "memory")) (realloc (core func $libc "realloc")))))
