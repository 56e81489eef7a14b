;; A URL of a hundred thousand bytes.
;; asks: {"Network":{"hosts":["http://127.0.0.1:$PORT"]}}
;; grants: all
;; skeleton: forward host_http
;; call: execute_task "" "{\"method\":\"GET\",\"url\":\"http://127.0.0.1:$PORT/$(a*100000)\"}"
;; expect: reply contains "\"kind\":\"invalid\"" "a URL has at most 8192 bytes"
