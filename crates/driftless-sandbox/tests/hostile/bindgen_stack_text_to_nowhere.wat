;; It wants the text of an error written outside of its memory.
;; call: execute_task "a" "{}"
;; expect: trap "out of bounds"
(module
    (import "wbg" "__wbg_stack_2d682d99c976bdb5" (func $stack (param i32 i32)))
    (memory (export "memory") 1)
    (data (i32.const 16) "{\"status\":\"success\"}")
    (func (export "__wbindgen_malloc") (param i32 i32) (result i32) i32.const 1024)
    (func (export "__wbindgen_free") (param i32 i32 i32))
    (func (export "execute_task") (param i32 i32 i32 i32) (result i32 i32) (call $stack (i32.const -4) (i32.const 0)) (i32.const 16) (i32.const 20)))
