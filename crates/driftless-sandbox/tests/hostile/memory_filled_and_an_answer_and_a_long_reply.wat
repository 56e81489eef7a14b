;; Everything at once: all of its memory, an answer that the plugin does not fetch, and as long a reply as may be.
;; asks: {"Process":{"commands":["/usr/bin/head"]}}
;; grants: all
;; call: execute_task "" "{\"command\":\"/usr/bin/head\",\"arguments\":[\"-c\",\"8000000\",\"/dev/zero\"]}"
;; expect: reply contains "aaaaaaaa"
(module
    (import "env" "host_process" (func $ask (param i32 i32 i32 i32) (result i64)))
    (memory (export "memory") 1024)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 0x1000)
    (func (export "execute_task") (param $name i32) (param $name_length i32) (param $config i32) (param $config_length i32) (result i64)
        (drop (call $ask (local.get $config) (local.get $config_length) (i32.const 0) (i32.const 0)))
        (memory.fill (i32.const 0) (i32.const 0x61) (i32.const 0x4000000))
        i64.const 0x100_0000))
