;; A server that sends on to itself, as the user of another.
;; asks: {"Network":{"hosts":["http://127.0.0.1:$PORT"]}}
;; grants: all
;; skeleton: forward host_http
;; call: execute_task "" "{\"method\":\"GET\",\"url\":\"http://127.0.0.1:$PORT/redirect?to=http://127.0.0.1:$PORT@127.0.0.1:$OTHER/\"}"
;; expect: reply contains "\"kind\":\"failed\"" "which is no URL that a plugin may ask for"
;; connections: 1
