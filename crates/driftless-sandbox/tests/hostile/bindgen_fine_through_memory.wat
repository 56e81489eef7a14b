;; No attack: a module as old versions of wasm-bindgen make them, which returns through memory.
;; call: execute_task "a" "{}"
;; expect: reply "{\"status\":\"success\"}"
(module
    (memory (export "memory") 1)
    (data (i32.const 16) "{\"status\":\"success\"}")
    (func (export "__wbindgen_malloc") (param i32 i32) (result i32) i32.const 1024)
    (func (export "__wbindgen_free") (param i32 i32 i32))
    (func (export "__wbindgen_add_to_stack_pointer") (param i32) (result i32) i32.const 512)
    (func (export "execute_task") (param i32 i32 i32 i32 i32) (i32.store (local.get 0) (i32.const 16)) (i32.store offset=4 (local.get 0) (i32.const 20))))
