;; It begins with all that 32 bits can address.
;; expect: uncompilable "needed more than its 64 MiB of memory"
(module
    (memory (export "memory") 65536)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64) i64.const 0))
