;; It throws words that would move the cursor of a terminal.
;; call: execute_task "a" "{}"
;; expect: panic "\u001b[2Jgood"
(module
    (import "./guide_bg.js" "__wbg___wbindgen_throw_41e9ee4f547fc59a" (func $throw (param i32 i32)))
    (memory (export "memory") 1)
    (data (i32.const 16) "{\"status\":\"success\"}")
    (func (export "__wbindgen_malloc") (param i32 i32) (result i32) i32.const 1024)
    (func (export "__wbindgen_free") (param i32 i32 i32))
    (data (i32.const 2048) "\1b[2Jgood")
    (func (export "execute_task") (param i32 i32 i32 i32) (result i32 i32) (call $throw (i32.const 2048) (i32.const 8)) (i32.const 16) (i32.const 20)))
