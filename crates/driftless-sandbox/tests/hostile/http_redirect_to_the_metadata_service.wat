;; A server that sends on to the passwords of the machine.
;; asks: {"Network":{"hosts":["http://127.0.0.1:$PORT"]}}
;; grants: all
;; skeleton: forward host_http
;; call: execute_task "" "{\"method\":\"GET\",\"url\":\"http://127.0.0.1:$PORT/redirect?to=http://169.254.169.254/\"}"
;; expect: reply contains "\"kind\":\"denied\""
;; connections: 1
