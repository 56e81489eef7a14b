;; Something from WASI that is no function: there is nothing to replace it by.
;; expect: refused "it imports `wasi_snapshot_preview1.fd_write`: WASI consists of functions only"
(module
    (import "wasi_snapshot_preview1" "fd_write" (global i32))
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        i64.const 0))
