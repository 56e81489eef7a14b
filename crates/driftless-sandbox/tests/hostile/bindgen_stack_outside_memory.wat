;; It says that its stack lies outside of its memory, and does not touch it itself.
;; call: execute_task "a" "{}"
;; expect: broken "lies outside its memory"
(module
    (memory (export "memory") 1)
    (data (i32.const 16) "{\"status\":\"success\"}")
    (func (export "__wbindgen_malloc") (param i32 i32) (result i32) i32.const 1024)
    (func (export "__wbindgen_free") (param i32 i32 i32))
    (func (export "__wbindgen_add_to_stack_pointer") (param i32) (result i32) i32.const -16)
    (func (export "execute_task") (param i32 i32 i32 i32 i32) ))
