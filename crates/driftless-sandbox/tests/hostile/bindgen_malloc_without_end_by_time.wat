;; The same, with more fuel than time.
;; limits: milliseconds=200 fuel=9000000000000000000
;; call: execute_task "a" "{}"
;; expect: limit time
(module
    (memory (export "memory") 1)
    (data (i32.const 16) "{\"status\":\"success\"}")
    (func (export "__wbindgen_malloc") (param i32 i32) (result i32) (loop $forever br $forever) unreachable)
    (func (export "__wbindgen_free") (param i32 i32 i32))
    (func (export "execute_task") (param i32 i32 i32 i32) (result i32 i32) (i32.const 16) (i32.const 20)))
