;; Another host than the one that is connected to.
;; asks: {"Network":{"hosts":["http://127.0.0.1:$PORT"]}}
;; grants: all
;; skeleton: forward host_http
;; call: execute_task "" "{\"method\":\"GET\",\"url\":\"http://127.0.0.1:$PORT/\",\"headers\":[[\"Host\",\"internal.example\"]]}"
;; expect: reply contains "\"kind\":\"invalid\"" "the header host is the host's to set"
