;; A plugin that takes asking for a function of the host for getting it.
;; asks: {"HostFunction":{"functions":["inventory.owner"]}}
;; skeleton: forward host_function
;; call: execute_task "" "{\"function\":\"inventory.owner\",\"arguments\":null}"
;; expect: reply contains "\"kind\":\"denied\"" "it is not granted"
