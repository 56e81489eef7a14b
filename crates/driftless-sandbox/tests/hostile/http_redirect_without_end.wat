;; A server that sends on for ever.
;; asks: {"Network":{"hosts":["http://127.0.0.1:$PORT"]}}
;; grants: all
;; skeleton: forward host_http
;; call: execute_task "" "{\"method\":\"GET\",\"url\":\"http://127.0.0.1:$PORT/circle\"}"
;; expect: reply contains "\"kind\":\"limit\"" "leads on after 10 redirects"
;; connections: 11
