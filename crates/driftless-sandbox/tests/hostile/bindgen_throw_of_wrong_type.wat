;; What throws, with another type.
;; expect: refused "no known version of wasm-bindgen gives it this type"
(module
    (import "wbg" "__wbindgen_throw" (func $throw (param i64)))
    (memory (export "memory") 1)
    (data (i32.const 16) "{\"status\":\"success\"}")
    (func (export "__wbindgen_malloc") (param i32 i32) (result i32) i32.const 1024)
    (func (export "__wbindgen_free") (param i32 i32 i32))
    (func (export "execute_task") (param i32 i32 i32 i32) (result i32 i32)  (i32.const 16) (i32.const 20)))
