;; It makes a value of JavaScript.
;; expect: refused "it needs values of JavaScript (`JsValue`)"
(module
    (import "wbg" "__wbindgen_string_new" (func (param i32 i32) (result externref)))
    (memory (export "memory") 1)
    (data (i32.const 16) "{\"status\":\"success\"}")
    (func (export "__wbindgen_malloc") (param i32 i32) (result i32) i32.const 1024)
    (func (export "__wbindgen_free") (param i32 i32 i32))
    (func (export "execute_task") (param i32 i32 i32 i32) (result i32 i32)  (i32.const 16) (i32.const 20)))
