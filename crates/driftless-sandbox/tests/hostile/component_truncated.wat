;; A component that ends in the middle.
;; expect: refused "it is a component; components are not supported yet"
;; cut: 30
(component
    (core module (memory 1) (func (export "f")) (func (export "g"))))
