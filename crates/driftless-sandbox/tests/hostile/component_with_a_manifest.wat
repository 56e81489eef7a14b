;; A component with the manifest of a plugin.
;; expect: refused "it is a component; components are not supported yet"
(component
    (@custom "driftless.manifest.v1" "{\"name\":\"good\",\"version\":\"1.0.0\"}")
    (core module))
