;; A result with eight million numbers in it, each of which is two bytes for the plugin and more for a host that makes values of them.
;; With a limit of 32 MiB the program has nearly 900: it reads the result as a tree of values to learn its status. So much is let pass
;; here until that is mended.
;; limits: memory=33554432
;; resident: 200 MiB
;; call: execute_task "a" "{}"
;; expect: reply contains "{\"status\":\"success\",\"x\":[0,0,"
(module
    (data (i32.const 0x10000) "{\"status\":\"success\",\"x\":[0")
    (memory (export "memory") 512)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 0x1000)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        (local $at i32)
        (local.set $at (i32.const 0x1001a))
        (loop $more
            (i32.store16 (local.get $at) (i32.const 0x302c))
            (local.set $at (i32.add (local.get $at) (i32.const 2)))
            (br_if $more (i32.lt_u (local.get $at) (i32.const 0x100fffc))))
        (i32.store16 (local.get $at) (i32.const 0x7d5d))
        (i64.or (i64.const 0x1_0000_0000_0000) (i64.extend_i32_u (i32.sub (local.get $at) (i32.const 0xfffe))))))
