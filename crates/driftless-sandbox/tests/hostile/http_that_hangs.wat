;; A server that never answers.
;; asks: {"Network":{"hosts":["http://127.0.0.1:$PORT"]}}
;; grants: all
;; limits: fuel=18446744073709551615 milliseconds=400
;; skeleton: linger host_http
;; call: execute_task "" "{\"method\":\"GET\",\"url\":\"http://127.0.0.1:$PORT/hang\"}"
;; expect: limit time
;; connections: 1
