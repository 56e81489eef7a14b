;; A reply that is no text.
;; call: execute_task "a" "{}"
;; expect: broken "its reply is not UTF-8 (at byte 1)"
(module
    (memory (export "memory") 1)
    (data (i32.const 16) "{\"status\":\"success\"}")
    (func (export "__wbindgen_malloc") (param i32 i32) (result i32) i32.const 1024)
    (func (export "__wbindgen_free") (param i32 i32 i32))
    (func (export "execute_task") (param i32 i32 i32 i32) (result i32 i32) (i32.store (i32.const 1024) (i32.const 0xff61)) (i32.const 1024) (i32.const 2)))
