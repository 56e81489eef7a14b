;; It says nothing, for ever.
;; limits: log=100000
;; call: execute_task "a" "{}"
;; expect: limit log
(module
    (import "wbg" "__wbg_log_2d682d99c976bdb5" (func $log (param i32 i32)))
    (memory (export "memory") 1)
    (data (i32.const 16) "{\"status\":\"success\"}")
    (func (export "__wbindgen_malloc") (param i32 i32) (result i32) i32.const 1024)
    (func (export "__wbindgen_free") (param i32 i32 i32))
    (func (export "execute_task") (param i32 i32 i32 i32) (result i32 i32) (loop $forever (call $log (i32.const 0) (i32.const 0)) br $forever) (i32.const 16) (i32.const 20)))
