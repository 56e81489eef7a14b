;; The place for arguments is told in 64 bits.
;; expect: refused "its export `driftless_reserve` is (i32) -> (i64); the protocol has (i32) -> (i32)"
(module
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i64) i64.const 0)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64) i64.const 0))
