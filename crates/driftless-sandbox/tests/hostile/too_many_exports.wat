;; More exports than any plugin needs.
;; expect: refused "it has 10001 exports; 10000 is the most"
(module
    (func $f)
;; repeat 10001: (export "f{n}" (func $f))
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        i64.const 0))
