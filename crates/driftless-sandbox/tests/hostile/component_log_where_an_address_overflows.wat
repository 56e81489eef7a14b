;; What it says ends where addresses begin again.
;; call: execute_task "a" "{}"
;; expect: trap "out of bounds"
(component
    (import "driftless:plugin/host@1.0.0" (instance $host
        (type $levels (enum "error" "warn" "info" "debug"))
        (export "level" (type $level (eq $levels)))
        (export "log" (func (param "level" $level) (param "message" string)))))
    (core module $libc
        (memory (export "memory") 1)
        (data (i32.const 16) "\00\00\00\00\1c\00\00\00\14\00\00\00{\"status\":\"success\"}")
        (func (export "realloc") (param i32 i32 i32 i32) (result i32) i32.const 1024))
    (core instance $libc (instantiate $libc))
    (core func $log (canon lower (func $host "log") (memory (core memory $libc "memory"))))
    (core module $m
        (import "libc" "memory" (memory 1))
        (import "host" "log" (func $log (param i32 i32 i32)))
        (func (export "execute-task") (param i32 i32 i32 i32) (result i32) (call $log (i32.const 1) (i32.const -1) (i32.const 2)) i32.const 16))
    (core instance $i (instantiate $m
        (with "libc" (instance $libc))
        (with "host" (instance (export "log" (func $log))))))
    (func (export "execute-task") (param "name" string) (param "config" string) (result (result string (error string)))
        (canon lift (core func $i "execute-task") (memory (core memory $libc "memory")) (realloc (core func $libc "realloc")))))
