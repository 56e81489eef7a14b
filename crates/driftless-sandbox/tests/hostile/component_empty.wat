;; A component with nothing in it.
;; expect: refused "it is no plugin: it exports none of the protocol's functions"
(component)
