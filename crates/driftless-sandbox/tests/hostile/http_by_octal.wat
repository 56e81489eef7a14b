;; This machine by octal numbers.
;; asks: {"Network":{"hosts":["http://*:$PORT"]}}
;; grants: all
;; skeleton: forward host_http
;; call: execute_task "" "{\"method\":\"GET\",\"url\":\"http://0177.0.0.1:$PORT/\"}"
;; expect: reply contains "\"kind\":\"denied\"" "which is no public address"
