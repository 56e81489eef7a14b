;; It takes memory until it is refused, and gives up, as a Rust plugin does. The next call has a fresh instance.
;; call: execute_task "a" "{}"
;; expect: limit memory
;; call: get_task_definitions
;; expect: reply ""
(module
    (func (export "get_task_definitions") (result i64) i64.const 0)
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        (loop $more (br_if $more (i32.ne (memory.grow (i32.const 16)) (i32.const -1)))) unreachable))
