;; A name that leads out of the folder of plugins.
;; expect: refused "its manifest has the name `../../etc/cron.d/x`; a name is 1 to 64 letters, digits, `-` and `_`, and begins with a letter"
(module
    (@custom "driftless.manifest.v1" "{\"name\":\"../../etc/cron.d/x\",\"version\":\"1.0.0\"}")
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        i64.const 0))
