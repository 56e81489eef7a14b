;; Everything that is wrong is told at once, each with its place.
;; expect: refused "it imports `env.one`" "it imports `a.two`" "it exports no `driftless_reserve`" "it exports no memory called `memory`"
(module
    (import "env" "one" (func))
    (import "a" "two" (func))
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64) i64.const 0))
