;; A server that is granted and sends on to one that is not.
;; asks: {"Network":{"hosts":["http://127.0.0.1:$PORT"]}}
;; grants: all
;; skeleton: forward host_http
;; call: execute_task "" "{\"method\":\"GET\",\"url\":\"http://127.0.0.1:$PORT/redirect?to=http://127.0.0.1:$OTHER/\"}"
;; expect: reply contains "\"kind\":\"denied\""
;; connections: 1
