;; A component that imports WASI preview 2.
;; expect: refused "it imports `wasi:cli/environment@0.2.0`: WASI is off"
(component
    (import "wasi:cli/environment@0.2.0" (instance
        (export "get-environment" (func (result (list (tuple string string))))))))
