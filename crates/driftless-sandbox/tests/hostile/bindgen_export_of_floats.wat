;; Its task returns two numbers of another kind.
;; expect: refused "with wasm-bindgen it takes 2 `&str` and returns a `String`"
(module
    (memory (export "memory") 1)
    (data (i32.const 16) "{\"status\":\"success\"}")
    (func (export "__wbindgen_malloc") (param i32 i32) (result i32) i32.const 1024)
    (func (export "__wbindgen_free") (param i32 i32 i32))
    (func (export "execute_task") (param i32 i32 i32 i32) (result f32 f32) (f32.const 0) (f32.const 0)))
