;; This machine, where every name is granted.
;; asks: {"Network":{"hosts":["http://*:$PORT"]}}
;; grants: all
;; skeleton: forward host_http
;; call: execute_task "" "{\"method\":\"GET\",\"url\":\"http://127.0.0.1:$PORT/\"}"
;; expect: reply contains "\"kind\":\"denied\"" "which is no public address"
