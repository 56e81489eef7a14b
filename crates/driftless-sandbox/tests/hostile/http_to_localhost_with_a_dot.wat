;; The same with a dot behind it.
;; asks: {"Network":{"hosts":["http://*:$PORT"]}}
;; grants: all
;; skeleton: forward host_http
;; call: execute_task "" "{\"method\":\"GET\",\"url\":\"http://localhost.:$PORT/\"}"
;; expect: reply contains "\"error\""
