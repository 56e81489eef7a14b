;; Imports from JavaScript by a path that is not wasm-bindgen's.
;; expect: refused "`./snippets/evil.js.run`: the host offers no such function"
(module
    (import "./snippets/evil.js" "run" (func (param i32)))
    (memory (export "memory") 1)
    (data (i32.const 16) "{\"status\":\"success\"}")
    (func (export "__wbindgen_malloc") (param i32 i32) (result i32) i32.const 1024)
    (func (export "__wbindgen_free") (param i32 i32 i32))
    (func (export "execute_task") (param i32 i32 i32 i32) (result i32 i32)  (i32.const 16) (i32.const 20)))
