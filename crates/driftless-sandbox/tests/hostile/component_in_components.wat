;; Components in components.
;; expect: refused "it is a component; components are not supported yet"
(component
    (component (component (component (component (component (component (core module)))))))
    (component (core module) (component)))
