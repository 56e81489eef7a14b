;; It asks before the host has called it.
;; asks: {"FileSystem":{"paths":["$DIR/granted"]}}
;; grants: all
;; call: execute_task "" "{}"
;; expect: reply contains "\"kind\":\"denied\"" "/etc/shadow"
(module
    (import "env" "host_file" (func $ask (param i32 i32 i32 i32) (result i64)))
    (import "env" "host_take" (func $take (param i32)))
    (memory (export "memory") 1)
    (global $length (mut i64) (i64.const 0))
    (start $begin)
    (func $begin
        (global.set $length (call $ask (i32.const 16) (i32.const 31) (i32.const 0) (i32.const 0)))
        (call $take (i32.const 0x8000)))
    (data (i32.const 16) "{\"read\":{\"path\":\"/etc/shadow\"}}")
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 0x1000)
    (func (export "execute_task") (param $name i32) (param $name_length i32) (param $config i32) (param $config_length i32) (result i64)
        (local $answer i64)
        (local.set $answer (global.get $length))
        (i64.or (i64.const 0x8000_0000_0000) (i64.add
            (i64.shr_u (local.get $answer) (i64.const 32))
            (i64.and (local.get $answer) (i64.const 0xffff_ffff))))))
