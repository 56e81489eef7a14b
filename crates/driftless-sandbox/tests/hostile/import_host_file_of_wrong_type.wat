;; A host function with one parameter fewer.
;; asks: {"FileSystem":{"paths":["$DIR/granted"]}}
;; grants: all
;; expect: refused "it imports `env.host_file`: the host offers it as (i32, i32, i32, i32) -> (i64)"
(module
    (import "env" "host_file" (func (param i32 i32 i32) (result i64)))
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        i64.const 0))
