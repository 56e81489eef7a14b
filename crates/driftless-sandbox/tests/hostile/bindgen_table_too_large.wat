;; Its table of JavaScript's values is larger than it may be.
;; limits: table_elements=1000
;; expect: uncompilable "table"
(module
    (import "wbg" "__wbindgen_init_externref_table" (func $init))
    (memory (export "memory") 1)
    (data (i32.const 16) "{\"status\":\"success\"}")
    (func (export "__wbindgen_malloc") (param i32 i32) (result i32) i32.const 1024)
    (func (export "__wbindgen_free") (param i32 i32 i32))
    (table $values (export "__wbindgen_externrefs") 1024 externref)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i32 i32)  (i32.const 16) (i32.const 20)))
