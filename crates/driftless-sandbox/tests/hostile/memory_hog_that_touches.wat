;; The same, and it writes to what it gets.
;; limits: memory=8388608
;; call: execute_task "a" "{}"
;; expect: limit memory
(module
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        (local $page i32)
        (loop $more
            (local.set $page (memory.grow (i32.const 1)))
            (if (i32.eq (local.get $page) (i32.const -1)) (then unreachable))
            (memory.fill (i32.mul (local.get $page) (i32.const 65536)) (i32.const 255) (i32.const 65536))
            br $more)
        unreachable))
