;; A file that took the name of one that was granted something.
;; asks: {"Network":{"hosts":["http://127.0.0.1:$PORT"]}}
;; grants: all
;; skeleton: forward host_http
;; call: execute_task "" "{\"method\":\"GET\",\"url\":\"http://127.0.0.1:$PORT/\"}"
;; expect: reply contains "\"kind\":\"denied\"" "it is not granted"
;; granted to: another file
