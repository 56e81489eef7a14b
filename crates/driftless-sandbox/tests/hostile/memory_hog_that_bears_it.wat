;; It takes memory until it is refused, and says how much it got: 16 pages, as 1 MiB allows.
;; limits: memory=1048576
;; call: execute_task "a" "{}"
;; expect: reply "pages: 16"
(module
    (data (i32.const 0) "pages: 00")
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        (loop $more (br_if $more (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
        (i32.store8 (i32.const 7) (i32.add (i32.const 48) (i32.div_u (memory.size) (i32.const 10))))
        (i32.store8 (i32.const 8) (i32.add (i32.const 48) (i32.rem_u (memory.size) (i32.const 10))))
        i64.const 9))
