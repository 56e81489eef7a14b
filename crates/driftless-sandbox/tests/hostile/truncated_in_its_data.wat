;; A download that ended early.
;; cut: 120
;; expect: refused "unexpected end"
(module
    (data (i32.const 16) "{\"status\":\"success\"}")
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        i64.const 0x10_0000_0014))
