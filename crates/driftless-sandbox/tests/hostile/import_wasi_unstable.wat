;; WASI before it was called preview 1.
;; expect: refused "it imports `wasi_unstable.path_open`: the host offers no such function"
(module
    (import "wasi_unstable" "path_open" (func (param i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        i64.const 0))
