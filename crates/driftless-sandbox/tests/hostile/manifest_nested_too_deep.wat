;; Brackets in brackets, to use up the stack of the parser.
;; expect: refused "its manifest cannot be read: its lists and objects are nested deeper than 16 levels"
(module
    (@custom "driftless.manifest.v1" "{\"name\":\"good\",\"version\":\"1\",\"x\":"
;; repeat 100000: "["
    "")
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        i64.const 0))
