;; Arguments in the name.
;; asks: {"Process":{"commands":["/bin/echo"]}}
;; grants: all
;; skeleton: forward host_process
;; call: execute_task "" "{\"command\":\"/bin/echo hello\"}"
;; expect: reply contains "\"kind\":\"denied\""
