;; WASI, as components import it.
;; expect: refused "`wasi:filesystem/types@0.2.0.[method]descriptor.read`: the host offers no such function"
(module
    (import "wasi:filesystem/types@0.2.0" "[method]descriptor.read" (func (param i32)))
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        i64.const 0))
