;; A request that is its own body: both are read, neither is moved.
;; asks: {"FileSystem":{"paths":["$DIR/granted:rw"]}}
;; grants: all
;; call: execute_task "" "{\"write\":{\"path\":\"$DIR/granted/new.txt\",\"mode\":\"append\"}}"
;; expect: reply "{\"ok\":\"written\"}"
(module
    (import "env" "host_file" (func $ask (param i32 i32 i32 i32) (result i64)))
    (import "env" "host_take" (func $take (param i32)))
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 0x1000)
    (func (export "execute_task") (param $name i32) (param $name_length i32) (param $config i32) (param $config_length i32) (result i64)
        (local $answer i64)
        (local.set $answer (call $ask (local.get $config) (local.get $config_length) (local.get $config) (local.get $config_length)))
        (call $take (i32.const 0x8000))
        (i64.or (i64.const 0x8000_0000_0000) (i64.add
            (i64.shr_u (local.get $answer) (i64.const 32))
            (i64.and (local.get $answer) (i64.const 0xffff_ffff))))))
