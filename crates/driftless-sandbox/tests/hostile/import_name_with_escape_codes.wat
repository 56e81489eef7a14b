;; A name that would clear the terminal that shows it, and turn its text round.
;; expect: refused "it imports `env.\\u{1b}[2J\\u{202e}evil`: the host offers no such function"
(module
    (import "env" "\1b[2J\e2\80\aeevil" (func))
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        i64.const 0))
