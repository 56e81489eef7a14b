;; No attack: what is asked for and granted is connected to.
;; asks: {"Network":{"hosts":["http://127.0.0.1:$PORT"]}}
;; grants: all
;; skeleton: forward host_http
;; call: execute_task "" "{\"method\":\"GET\",\"url\":\"http://127.0.0.1:$PORT/x\"}"
;; expect: reply contains "\"status\":200" "hello" "GET /x HTTP/1.1"
;; connections: 1
