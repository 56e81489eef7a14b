;; More functions than a JavaScript engine has.
;; expect: refused "it has 100001 functions; 100000 is the most"
(module
    (memory (export "memory") 1)
    (type $t (func))
;; repeat 100001: (func (type $t))
)
