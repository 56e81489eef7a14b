;; A plugin that takes asking for getting.
;; asks: {"Process":{"commands":["/bin/echo"]}}
;; skeleton: forward host_process
;; call: execute_task "" "{\"command\":\"/bin/echo\",\"arguments\":[\"hello\"]}"
;; expect: reply contains "\"kind\":\"denied\"" "it is not granted"
