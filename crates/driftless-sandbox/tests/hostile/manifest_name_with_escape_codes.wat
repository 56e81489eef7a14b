;; A name that would clear the terminal that shows it.
;; expect: refused "its manifest has the name `\\u{1b}[2Jgood`"
(module
    (@custom "driftless.manifest.v1" "{\"name\":\"\\u001b[2Jgood\",\"version\":\"1.0.0\"}")
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        i64.const 0))
