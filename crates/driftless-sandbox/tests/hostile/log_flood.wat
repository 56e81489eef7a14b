;; It says the same for ever: what the host moves costs fuel as well.
;; limits: fuel=10000000 log=1000000000
;; call: execute_task "a" "{}"
;; expect: limit fuel
(module
    (import "env" "host_log" (func $log (param i32 i32 i32 i32)))
    (data (i32.const 16) "warn")
    (data (i32.const 32) "careful")
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        (loop $forever (call $log (i32.const 16) (i32.const 4) (i32.const 0) (i32.const 60000)) br $forever) i64.const 0))
