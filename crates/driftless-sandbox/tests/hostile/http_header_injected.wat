;; A header with another one inside.
;; asks: {"Network":{"hosts":["http://127.0.0.1:$PORT"]}}
;; grants: all
;; skeleton: forward host_http
;; call: execute_task "" "{\"method\":\"GET\",\"url\":\"http://127.0.0.1:$PORT/\",\"headers\":[[\"X-A\",\"b\\r\\nX-Evil: c\"]]}"
;; expect: reply contains "\"kind\":\"invalid\"" "has control characters in it"
