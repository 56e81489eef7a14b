;; A name that would move the cursor of a terminal.
;; expect: refused "\\u{1b}[2J"
(module
    (import "wbg" "__wbg_\1b[2Jgood_2d682d99c976bdb5" (func))
    (memory (export "memory") 1)
    (data (i32.const 16) "{\"status\":\"success\"}")
    (func (export "__wbindgen_malloc") (param i32 i32) (result i32) i32.const 1024)
    (func (export "__wbindgen_free") (param i32 i32 i32))
    (func (export "execute_task") (param i32 i32 i32 i32) (result i32 i32)  (i32.const 16) (i32.const 20)))
