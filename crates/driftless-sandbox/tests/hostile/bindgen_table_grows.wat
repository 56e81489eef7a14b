;; Its table of JavaScript's values grows beyond what it may have.
;; limits: table_elements=2000
;; call: execute_task "a" "{}"
;; expect: limit table
(module
    (import "wbg" "__wbindgen_init_externref_table" (func $init))
    (memory (export "memory") 1)
    (data (i32.const 16) "{\"status\":\"success\"}")
    (func (export "__wbindgen_malloc") (param i32 i32) (result i32) i32.const 1024)
    (func (export "__wbindgen_free") (param i32 i32 i32))
    (table $values (export "__wbindgen_externrefs") 1024 externref)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i32 i32) (if (i32.eq (table.grow $values (ref.null extern) (i32.const 4000)) (i32.const -1)) (then unreachable)) (i32.const 16) (i32.const 20)))
