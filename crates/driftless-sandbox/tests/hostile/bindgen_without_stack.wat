;; It returns through memory, and has no place for it.
;; expect: refused "it has no `__wbindgen_add_to_stack_pointer` of a known type"
(module
    (memory (export "memory") 1)
    (data (i32.const 16) "{\"status\":\"success\"}")
    (func (export "__wbindgen_malloc") (param i32 i32) (result i32) i32.const 1024)
    (func (export "__wbindgen_free") (param i32 i32 i32))
    (func (export "execute_task") (param i32 i32 i32 i32 i32)))
