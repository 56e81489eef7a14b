;; More sections to look through than any tool makes.
;; expect: refused "it has 1001 custom sections; 1000 is the most"
(module
;; repeat 1001: (@custom "x" "")
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        i64.const 0))
