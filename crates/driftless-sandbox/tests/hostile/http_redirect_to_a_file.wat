;; A server that sends on to a file.
;; asks: {"Network":{"hosts":["http://127.0.0.1:$PORT"]}}
;; grants: all
;; skeleton: forward host_http
;; call: execute_task "" "{\"method\":\"GET\",\"url\":\"http://127.0.0.1:$PORT/redirect?to=file:///etc/passwd\"}"
;; expect: reply contains "\"kind\":\"failed\"" "which is no URL that a plugin may ask for"
;; connections: 1
