;; Two gibibytes, which are a negative length for a host that reads it with a sign.
;; asks: {"FileSystem":{"paths":["$DIR/granted"]}}
;; grants: all
;; limits: fuel=18446744073709551615
;; call: execute_task "" "{}"
;; expect: trap "262144 is the most, besides its body"
(module
    (import "env" "host_file" (func $ask (param i32 i32 i32 i32) (result i64)))
    (import "env" "host_take" (func $take (param i32)))
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 0x1000)
    (func (export "execute_task") (param $name i32) (param $name_length i32) (param $config i32) (param $config_length i32) (result i64)
        (local $answer i64)
        (call $ask (i32.const 16) (i32.const 0x8000_0000) (i32.const 0) (i32.const 0))))
