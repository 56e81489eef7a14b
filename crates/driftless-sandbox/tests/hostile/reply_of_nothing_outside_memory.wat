;; An empty reply from nowhere.
;; call: execute_task "a" "{}"
;; expect: broken "its reply of 0 bytes at 0xffffffff lies outside its memory"
(module
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        i64.const -4294967296))
