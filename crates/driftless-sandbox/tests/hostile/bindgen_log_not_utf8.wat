;; What it says is no text, as good as it can be.
;; call: execute_task "a" "{}"
;; expect: reply "{\"status\":\"success\"}"
;; log: info "a\ufffdb"
(module
    (import "wbg" "__wbg_log_2d682d99c976bdb5" (func $log (param i32 i32)))
    (memory (export "memory") 1)
    (data (i32.const 16) "{\"status\":\"success\"}")
    (func (export "__wbindgen_malloc") (param i32 i32) (result i32) i32.const 1024)
    (func (export "__wbindgen_free") (param i32 i32 i32))
    (func (export "execute_task") (param i32 i32 i32 i32) (result i32 i32) (i32.store (i32.const 1024) (i32.const 0x62ff61)) (call $log (i32.const 1024) (i32.const 3)) (i32.const 16) (i32.const 20)))
