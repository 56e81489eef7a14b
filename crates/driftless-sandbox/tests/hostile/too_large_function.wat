;; One function of more than a mebibyte, which the compiler would be busy with for long.
;; expect: refused "bytes in one function; 1048576 is the most"
(module
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
;; repeat 1048576: nop
        i64.const 0))
