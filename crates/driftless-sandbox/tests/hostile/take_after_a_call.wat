;; An answer that the call before left behind. It would be memory of the host that no limit counts, in each instance that waits.
;; asks: {"FileSystem":{"paths":["$DIR/granted"]}}
;; grants: all
;; call: execute_task "" "{\"read\":{\"path\":\"$DIR/granted/large.bin\"}}"
;; expect: reply ""
;; call: execute_task "take" ""
;; expect: trap "it fetched an answer, and there is none"
(module
    (import "env" "host_file" (func $ask (param i32 i32 i32 i32) (result i64)))
    (import "env" "host_take" (func $take (param i32)))
    (memory (export "memory") 64)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 0x1000)
    (func (export "execute_task") (param $name i32) (param $name_length i32) (param $config i32) (param $config_length i32) (result i64)
        (if (local.get $name_length)
            (then (call $take (i32.const 0x8000)))
            (else (drop (call $ask (local.get $config) (local.get $config_length) (i32.const 0) (i32.const 0)))))
        i64.const 0))
