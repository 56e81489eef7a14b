;; This machine by its name, where every name is granted.
;; asks: {"Network":{"hosts":["http://*:$PORT"]}}
;; grants: all
;; skeleton: forward host_http
;; call: execute_task "" "{\"method\":\"GET\",\"url\":\"http://localhost:$PORT/\"}"
;; expect: reply contains "\"kind\":\"denied\"" "which is no public address"
