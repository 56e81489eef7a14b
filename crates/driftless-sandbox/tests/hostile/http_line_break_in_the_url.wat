;; A line break in the URL does not reach the server.
;; asks: {"Network":{"hosts":["http://127.0.0.1:$PORT"]}}
;; grants: all
;; skeleton: forward host_http
;; call: execute_task "" "{\"method\":\"GET\",\"url\":\"http://127.0.0.1:$PORT/a\\r\\nX-Evil: c\"}"
;; expect: reply contains "\"status\":200" "GET /aX-Evil:%20c HTTP/1.1"
;; connections: 1
