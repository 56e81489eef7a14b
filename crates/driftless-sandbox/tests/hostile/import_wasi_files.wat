;; The files of WASI, with WASI off; permissions that were granted do not turn it on.
;; asks: {"FileSystem":{"paths":["/"]}}
;; grants: all
;; expect: refused "it imports `wasi_snapshot_preview1.path_open`: WASI is off" "it imports `wasi_snapshot_preview1.fd_read`: WASI is off" "it imports `wasi_snapshot_preview1.path_unlink_file`: WASI is off"
(module
    (import "wasi_snapshot_preview1" "path_open" (func (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_read" (func (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "path_unlink_file" (func (param i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        i64.const 0))
