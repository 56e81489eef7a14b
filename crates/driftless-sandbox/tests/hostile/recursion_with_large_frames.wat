;; Frames of thousands of values that all stay alive, so that few calls use up the stack.
;; call: execute_task "a" "{}"
;; expect: limit stack
(module
    (func $deeper (result i64)
;; repeat 2000: (local $l{n} i64)
;; repeat 2000: (local.set $l{n} (i64.load (i32.const {n})))
        (drop (call $deeper))
        i64.const 0
;; repeat 2000: (local.get $l{n}) i64.add
    )
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        call $deeper))
