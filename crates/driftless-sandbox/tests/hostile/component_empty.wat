;; A component with nothing in it.
;; expect: refused "it is a component; components are not supported yet"
(component)
