;; A manifest of more than a mebibyte.
;; expect: refused "bytes in the manifest; 1048576 is the most"
(module
    (@custom "driftless.manifest.v1" ""
;; repeat 1025: "                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                "
    "")
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        i64.const 0))
