;; A name in other letters, which are the same on some systems.
;; asks: {"Environment":{"vars":["DRIFTLESS_PUBLIC"]}}
;; grants: all
;; skeleton: forward host_environment
;; call: execute_task "" "{\"name\":\"driftless_public\"}"
;; expect: reply contains "\"kind\":\"denied\""
