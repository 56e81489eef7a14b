;; A plugin for a host that is not there yet.
;; expect: refused "it speaks version 2 of the protocol, and this host up to version 1: update Driftless"
(module
    (@custom "driftless.manifest.v1" "{\"name\":\"good\",\"version\":\"1.0.0\",\"protocol\":2}")
    (memory (export "memory") 1)
    (func (export "driftless_reserve") (param i32) (result i32) i32.const 1024)
    (func (export "execute_task") (param i32 i32 i32 i32) (result i64)
        i64.const 0))
