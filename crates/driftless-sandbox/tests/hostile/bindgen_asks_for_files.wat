;; It imports the host's own function for files, unasked.
;; expect: refused "it needs the permission `FileSystem`, which the manifest does not ask for"
(module
    (import "env" "host_file" (func (param i32 i32 i32 i32) (result i64)))
    (memory (export "memory") 1)
    (data (i32.const 16) "{\"status\":\"success\"}")
    (func (export "__wbindgen_malloc") (param i32 i32) (result i32) i32.const 1024)
    (func (export "__wbindgen_free") (param i32 i32 i32))
    (func (export "execute_task") (param i32 i32 i32 i32) (result i32 i32)  (i32.const 16) (i32.const 20)))
