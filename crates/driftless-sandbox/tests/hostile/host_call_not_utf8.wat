;; A request that is no text.
;; asks: {"FileSystem":{"paths":["$DIR/granted"]}}
;; grants: all
;; call: execute_task "" "{}"
;; expect: trap "its request to host_file is not UTF-8"
(module
    (import "env" "host_file" (func $ask (param i32 i32 i32 i32) (result i64)))
    (import "env" "host_take" (func $take (param i32)))
    (memory (export "memory") 1)
    (data (i32.const 16) "\ff\fe\00\80")
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 0x1000)
    (func (export "execute_task") (param $name i32) (param $name_length i32) (param $config i32) (param $config_length i32) (result i64)
        (local $answer i64)
        (call $ask (i32.const 16) (i32.const 4) (i32.const 0) (i32.const 0))))
