;; A name with `=`, behind which another variable stands.
;; asks: {"Environment":{"vars":["DRIFTLESS_PUBLIC"]}}
;; grants: all
;; skeleton: forward host_environment
;; call: execute_task "" "{\"name\":\"DRIFTLESS_PUBLIC=x\"}"
;; expect: reply contains "\"kind\":\"denied\""
