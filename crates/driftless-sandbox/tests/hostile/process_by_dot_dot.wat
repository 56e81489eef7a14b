;; The granted program by another path.
;; asks: {"Process":{"commands":["/bin/echo"]}}
;; grants: all
;; skeleton: forward host_process
;; call: execute_task "" "{\"command\":\"/bin/../bin/echo\",\"arguments\":[\"hello\"]}"
;; expect: reply contains "\"kind\":\"denied\""
