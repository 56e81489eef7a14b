;; What wasm-bindgen makes; no browser is here to serve it.
;; expect: refused "it imports `wbg.__wbg_log_1`: it belongs to wasm-bindgen, which is not supported yet; use plugin-sdk" "`__wbindgen_placeholder__.__wbindgen_throw`: it belongs to wasm-bindgen" "`./guide_bg.js.__wbg_now_2`: it belongs to wasm-bindgen"
(module
    (import "wbg" "__wbg_log_1" (func (param i32 i32)))
    (import "__wbindgen_placeholder__" "__wbindgen_throw" (func (param i32 i32)))
    (import "./guide_bg.js" "__wbg_now_2" (func (result f64)))
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        i64.const 0))
