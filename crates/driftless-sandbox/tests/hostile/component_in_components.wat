;; Components in components.
;; expect: refused "it has 6 components in each other; 5 is the most"
(component
    (component (component (component (component (component (component (core module)))))))
    (component (core module) (component)))
