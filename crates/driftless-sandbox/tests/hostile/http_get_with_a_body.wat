;; A body where there is none, which the next reader takes for a request.
;; asks: {"Network":{"hosts":["http://127.0.0.1:$PORT"]}}
;; grants: all
;; skeleton: forward host_http
;; call: execute_task "GET / HTTP/1.1\r\n\r\n" "{\"method\":\"GET\",\"url\":\"http://127.0.0.1:$PORT/\"}"
;; expect: reply contains "\"kind\":\"invalid\"" "a GET request has no body"
