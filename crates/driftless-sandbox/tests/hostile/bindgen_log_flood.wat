;; It says the same for ever: what the host moves costs fuel as well.
;; limits: fuel=10000000 log=1000000000
;; call: execute_task "a" "{}"
;; expect: limit fuel
(module
    (import "wbg" "__wbg_log_2d682d99c976bdb5" (func $log (param i32 i32)))
    (memory (export "memory") 1)
    (data (i32.const 16) "{\"status\":\"success\"}")
    (func (export "__wbindgen_malloc") (param i32 i32) (result i32) i32.const 1024)
    (func (export "__wbindgen_free") (param i32 i32 i32))
    (func (export "execute_task") (param i32 i32 i32 i32) (result i32 i32) (loop $forever (call $log (i32.const 0) (i32.const 60000)) br $forever) (i32.const 16) (i32.const 20)))
