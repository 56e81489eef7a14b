;; It makes room for an answer outside of its memory.
;; asks: {"FileSystem":{"paths":["$DIR/granted"]}}
;; grants: all
;; call: execute_task "" "{}"
;; expect: trap "it made room for an answer of"
(module
    (import "env" "host_file" (func $ask (param i32 i32 i32 i32) (result i64)))
    (import "env" "host_take" (func $take (param i32)))
    (memory (export "memory") 1)
    (data (i32.const 16) "{\"read\":{\"path\":\"/etc/shadow\"}}")
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 0x1000)
    (func (export "execute_task") (param $name i32) (param $name_length i32) (param $config i32) (param $config_length i32) (result i64)
        (local $answer i64)
        (drop (call $ask (i32.const 16) (i32.const 31) (i32.const 0) (i32.const 0)))
        (call $take (i32.const 0x10000)) i64.const 0))
