;; This machine by hexadecimal numbers, where a name is granted.
;; asks: {"Network":{"hosts":["http://granted.example:$PORT"]}}
;; grants: all
;; skeleton: forward host_http
;; call: execute_task "" "{\"method\":\"GET\",\"url\":\"http://0x7f.1:$PORT/\"}"
;; expect: reply contains "\"kind\":\"denied\"" "http://127.0.0.1:"
