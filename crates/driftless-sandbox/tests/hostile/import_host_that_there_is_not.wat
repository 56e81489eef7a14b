;; A host function that there might be some day.
;; asks: {"FileSystem":{"paths":["$DIR/granted"]}}
;; grants: all
;; expect: refused "it imports `env.host_exec`: the host offers no such function" "`env.host_sql`"
(module
    (import "env" "host_exec" (func (param i32 i32 i32 i32) (result i64)))
    (import "env" "host_sql" (func (param i32 i32 i32 i32) (result i64)))
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        i64.const 0))
