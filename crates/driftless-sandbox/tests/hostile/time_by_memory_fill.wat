;; A loop of instructions that each take long; the clock interrupts between them.
;; limits: fuel=18446744073709551615 milliseconds=200
;; call: execute_task "a" "{}"
;; expect: limit time
(module
    (memory (export "memory") 1000)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        (loop $forever (memory.fill (i32.const 0) (i32.const 1) (i32.const 65000000)) br $forever) unreachable))
