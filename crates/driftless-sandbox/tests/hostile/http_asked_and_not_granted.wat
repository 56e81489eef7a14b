;; A plugin that takes asking for getting.
;; asks: {"Network":{"hosts":["http://127.0.0.1:$PORT"]}}
;; skeleton: forward host_http
;; call: execute_task "" "{\"method\":\"GET\",\"url\":\"http://127.0.0.1:$PORT/\"}"
;; expect: reply contains "\"kind\":\"denied\"" "it is not granted"
