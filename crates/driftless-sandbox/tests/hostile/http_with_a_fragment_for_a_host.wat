;; Two readers of a URL that differ in where the host ends.
;; asks: {"Network":{"hosts":["http://127.0.0.1:$PORT"]}}
;; grants: all
;; skeleton: forward host_http
;; call: execute_task "" "{\"method\":\"GET\",\"url\":\"http://127.0.0.1:$OTHER#@127.0.0.1:$PORT/\"}"
;; expect: reply contains "\"kind\":\"denied\""
