;; Another variable than the granted one.
;; asks: {"Environment":{"vars":["DRIFTLESS_PUBLIC"]}}
;; grants: all
;; skeleton: forward host_environment
;; call: execute_task "" "{\"name\":\"DRIFTLESS_TOKEN\"}"
;; expect: reply contains "\"kind\":\"denied\""
