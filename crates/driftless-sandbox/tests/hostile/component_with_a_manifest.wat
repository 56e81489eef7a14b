;; A component with the manifest of a plugin.
;; expect: refused "it is no plugin: it exports none of the protocol's functions"
(component
    (@custom "driftless.manifest.v1" "{\"name\":\"good\",\"version\":\"1.0.0\"}")
    (core module))
