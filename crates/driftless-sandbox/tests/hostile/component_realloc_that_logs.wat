;; It calls the host while it makes room, which the component model forbids.
;; call: execute_task "a" "{}"
;; expect: trap "cannot leave component instance"
(component
    (import "driftless:plugin/host@1.0.0" (instance $host
        (type $levels (enum "error" "warn" "info" "debug"))
        (export "level" (type $level (eq $levels)))
        (export "log" (func (param "level" $level) (param "message" string)))))
    (core module $memory (memory (export "memory") 1))
    (core instance $memory (instantiate $memory))
    (core func $log (canon lower (func $host "log") (memory (core memory $memory "memory"))))
    (core module $m
        (import "host" "log" (func $log (param i32 i32 i32)))
        (import "memory" "memory" (memory 1))
        (func (export "realloc") (param i32 i32 i32 i32) (result i32)
            (call $log (i32.const 0) (i32.const 0) (i32.const 1)) i32.const 1024)
        (func (export "execute-task") (param i32 i32 i32 i32) (result i32) i32.const 16))
    (core instance $i (instantiate $m
        (with "memory" (instance $memory))
        (with "host" (instance (export "log" (func $log))))))
    (func (export "execute-task") (param "name" string) (param "config" string) (result (result string (error string)))
        (canon lift (core func $i "execute-task") (memory (core memory $memory "memory")) (realloc (core func $i "realloc")))))
