;; A component that ends in the middle.
;; expect: refused "unexpected end-of-file"
;; cut: 30
(component
    (core module (memory 1) (func (export "f")) (func (export "g"))))
