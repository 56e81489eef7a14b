;; It hands back what it was given: a reply may lie anywhere.
;; call: execute_task "name" "{\"a\":1}"
;; expect: reply "name{\"a\":1}"
(module
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        (i64.or
            (i64.shl (i64.extend_i32_u (local.get 0)) (i64.const 32))
            (i64.extend_i32_u (i32.add (local.get 1) (local.get 3))))))
