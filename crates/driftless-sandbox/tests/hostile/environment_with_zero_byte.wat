;; A name that ends early for code that reads it as C does.
;; asks: {"Environment":{"vars":["DRIFTLESS_PUBLIC"]}}
;; grants: all
;; skeleton: forward host_environment
;; call: execute_task "" "{\"name\":\"DRIFTLESS_TOKEN\\u0000\"}"
;; expect: reply contains "\"kind\":\"denied\""
