;; The unspecified address, which means this machine.
;; asks: {"Network":{"hosts":["http://*:$PORT"]}}
;; grants: all
;; skeleton: forward host_http
;; call: execute_task "" "{\"method\":\"GET\",\"url\":\"http://0.0.0.0:$PORT/\"}"
;; expect: reply contains "\"kind\":\"denied\"" "which is no public address"
