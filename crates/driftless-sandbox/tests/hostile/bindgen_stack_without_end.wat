;; It never comes to an end with moving its stack.
;; limits: fuel=1000000
;; call: execute_task "a" "{}"
;; expect: limit fuel
(module
    (memory (export "memory") 1)
    (data (i32.const 16) "{\"status\":\"success\"}")
    (func (export "__wbindgen_malloc") (param i32 i32) (result i32) i32.const 1024)
    (func (export "__wbindgen_free") (param i32 i32 i32))
    (func (export "__wbindgen_add_to_stack_pointer") (param i32) (result i32) (loop $forever br $forever) unreachable)
    (func (export "execute_task") (param i32 i32 i32 i32 i32) (i32.store (local.get 0) (i32.const 16)) (i32.store offset=4 (local.get 0) (i32.const 20))))
