;; It fetches an answer that the host did not give.
;; asks: {"FileSystem":{"paths":["$DIR/granted"]}}
;; grants: all
;; call: execute_task "" "{}"
;; expect: trap "it fetched an answer, and there is none"
(module
    (import "env" "host_file" (func $ask (param i32 i32 i32 i32) (result i64)))
    (import "env" "host_take" (func $take (param i32)))
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 0x1000)
    (func (export "execute_task") (param $name i32) (param $name_length i32) (param $config i32) (param $config_length i32) (result i64)
        (local $answer i64)
        (call $take (i32.const 0x8000)) i64.const 0))
