;; All variables.
;; asks: {"Environment":{"vars":["DRIFTLESS_PUBLIC"]}}
;; grants: all
;; skeleton: forward host_environment
;; call: execute_task "" "{\"name\":\"*\"}"
;; expect: reply contains "\"kind\":\"denied\""
