;; What wasm-bindgen makes; no browser is here to serve it.
;; expect: refused "`wbg.__wbg_log_1`: `log_1` is JavaScript's" "`__wbindgen_placeholder__.__wbindgen_throw`: it comes from a module that wasm-bindgen has not finished" "`./guide_bg.js.__wbg_now_2`: `now_2` is JavaScript's"
(module
    (import "wbg" "__wbg_log_1" (func (param i32 i32)))
    (import "__wbindgen_placeholder__" "__wbindgen_throw" (func (param i32 i32)))
    (import "./guide_bg.js" "__wbg_now_2" (func (result f64)))
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        i64.const 0))
