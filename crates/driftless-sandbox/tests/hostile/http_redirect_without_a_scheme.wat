;; A server that sends on to another without saying how.
;; asks: {"Network":{"hosts":["http://127.0.0.1:$PORT"]}}
;; grants: all
;; skeleton: forward host_http
;; call: execute_task "" "{\"method\":\"GET\",\"url\":\"http://127.0.0.1:$PORT/redirect?to=//127.0.0.1:$OTHER/\"}"
;; expect: reply contains "\"kind\":\"denied\""
;; connections: 1
