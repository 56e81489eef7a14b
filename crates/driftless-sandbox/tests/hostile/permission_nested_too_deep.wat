;; Brackets in brackets, to use up the stack of the parser.
;; asks: {"FileSystem":{"paths":$([*100000)
;; expect: refused "its manifest cannot be read: "
(module
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        i64.const 0))
