;; A module that exports memory and nothing to call.
;; expect: refused "it is no plugin: it exports none of the protocol's functions"
(module
    (memory (export "memory") 1))
