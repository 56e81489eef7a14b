;; Functions of the protocol with too few arguments, too many results, none, and one that is a global.
;; expect: refused "its export `execute_task` is (i32) -> (i64); the protocol has (i32, i32, i32, i32) -> (i64)" "its export `get_task_definitions` is () -> (i32, i32); the protocol has () -> (i64)" "its export `get_log_filters` is () -> (); the protocol has () -> (i64)" "its export `shutdown` is no function; the protocol has () -> (i64)"
(module
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32) (result i64) i64.const 0)
    (func (export "get_task_definitions") (result i32 i32) i32.const 0 i32.const 0)
    (func (export "get_log_filters"))
    (global (export "shutdown") i64 (i64.const 0)))
