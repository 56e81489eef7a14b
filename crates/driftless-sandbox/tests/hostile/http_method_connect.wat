;; A tunnel.
;; asks: {"Network":{"hosts":["http://127.0.0.1:$PORT"]}}
;; grants: all
;; skeleton: forward host_http
;; call: execute_task "" "{\"method\":\"CONNECT\",\"url\":\"http://127.0.0.1:$PORT/\"}"
;; expect: reply contains "\"kind\":\"invalid\"" "is none of the methods"
