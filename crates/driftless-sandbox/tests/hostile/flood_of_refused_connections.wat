;; Requests to a place that is not granted, for ever.
;; asks: {"Network":{"hosts":["http://127.0.0.1:$PORT"]}}
;; grants: all
;; limits: fuel=3000000
;; skeleton: flood host_http
;; call: execute_task "" "{\"method\":\"GET\",\"url\":\"http://127.0.0.1:$OTHER/\"}"
;; expect: limit fuel
