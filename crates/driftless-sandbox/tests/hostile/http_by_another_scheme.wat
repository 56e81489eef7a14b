;; The same place by TLS.
;; asks: {"Network":{"hosts":["http://127.0.0.1:$PORT"]}}
;; grants: all
;; skeleton: forward host_http
;; call: execute_task "" "{\"method\":\"GET\",\"url\":\"https://127.0.0.1:$PORT/\"}"
;; expect: reply contains "\"kind\":\"denied\""
