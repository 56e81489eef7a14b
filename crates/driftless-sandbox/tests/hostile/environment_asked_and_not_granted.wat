;; A plugin that takes asking for getting.
;; asks: {"Environment":{"vars":["DRIFTLESS_TOKEN"]}}
;; skeleton: forward host_environment
;; call: execute_task "" "{\"name\":\"DRIFTLESS_TOKEN\"}"
;; expect: reply contains "\"kind\":\"denied\"" "it is not granted"
