;; It breaks when it gets its reply back.
;; call: execute_task "a" "{}"
;; expect: trap "unreachable"
(module
    (memory (export "memory") 1)
    (data (i32.const 16) "{\"status\":\"success\"}")
    (func (export "__wbindgen_malloc") (param i32 i32) (result i32) i32.const 1024)
    (func (export "__wbindgen_free") (param i32 i32 i32) unreachable)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i32 i32) (i32.const 16) (i32.const 20)))
