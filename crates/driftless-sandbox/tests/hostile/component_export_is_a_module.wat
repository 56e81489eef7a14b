;; A core module in the place of a function.
;; expect: refused "its export `execute-task` is no function"
(component
    (core module $m)
    (export "execute-task" (core module $m)))
