;; One instruction that writes out a segment costs as much as it writes.
;; limits: fuel=10000
;; call: execute_task "a" "{}"
;; expect: limit fuel
(module
    (data $long
;; repeat 2000: "0123456789"
    )
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        (memory.init $long (i32.const 0) (i32.const 0) (i32.const 20000)) i64.const 0))
