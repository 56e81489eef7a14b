;; It makes errors without end, which are nothing here.
;; limits: fuel=1000000
;; call: execute_task "a" "{}"
;; expect: limit fuel
(module
    (import "wbg" "__wbg_new_2d682d99c976bdb5" (func $new (result externref)))
    (memory (export "memory") 1)
    (data (i32.const 16) "{\"status\":\"success\"}")
    (func (export "__wbindgen_malloc") (param i32 i32) (result i32) i32.const 1024)
    (func (export "__wbindgen_free") (param i32 i32 i32))
    (func (export "execute_task") (param i32 i32 i32 i32) (result i32 i32) (loop $forever (drop (call $new)) br $forever) (i32.const 16) (i32.const 20)))
