;; A second request in the method.
;; asks: {"Network":{"hosts":["http://127.0.0.1:$PORT"]}}
;; grants: all
;; skeleton: forward host_http
;; call: execute_task "" "{\"method\":\"GET / HTTP/1.1\\r\\nX-Evil: c\\r\\n\\r\\nGET\",\"url\":\"http://127.0.0.1:$PORT/\"}"
;; expect: reply contains "\"kind\":\"invalid\"" "is none of the methods"
