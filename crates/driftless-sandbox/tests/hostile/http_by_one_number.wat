;; This machine by a single number.
;; asks: {"Network":{"hosts":["http://granted.example:$PORT"]}}
;; grants: all
;; skeleton: forward host_http
;; call: execute_task "" "{\"method\":\"GET\",\"url\":\"http://2130706433:$PORT/\"}"
;; expect: reply contains "\"kind\":\"denied\"" "http://127.0.0.1:"
