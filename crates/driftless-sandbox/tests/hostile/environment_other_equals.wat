;; A name that is another before its `=`.
;; asks: {"Environment":{"vars":["DRIFTLESS_PUBLIC"]}}
;; grants: all
;; skeleton: forward host_environment
;; call: execute_task "" "{\"name\":\"DRIFTLESS_TOKEN=DRIFTLESS_PUBLIC\"}"
;; expect: reply contains "\"kind\":\"denied\""
