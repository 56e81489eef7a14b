;; More imports than the host could have functions.
;; expect: refused "it has 1001 imports; 1000 is the most"
(module
;; repeat 1001: (import "env" "host_panic" (func (param i32 i32)))
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        i64.const 0))
