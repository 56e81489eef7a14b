;; It makes room for arguments where the last byte lies outside.
;; call: execute_task "ab" "{}"
;; expect: broken "the place that it reserved for arguments lies outside its memory"
(module
    (memory (export "memory") 1)
    (data (i32.const 16) "{\"status\":\"success\"}")
    (func (export "__wbindgen_malloc") (param i32 i32) (result i32) i32.const 65535)
    (func (export "__wbindgen_free") (param i32 i32 i32))
    (func (export "execute_task") (param i32 i32 i32 i32) (result i32 i32) (i32.const 16) (i32.const 20)))
