;; A path, where a name is granted.
;; asks: {"Process":{"commands":["echo"]}}
;; grants: all
;; skeleton: forward host_process
;; call: execute_task "" "{\"command\":\"/tmp/echo\",\"arguments\":[\"hello\"]}"
;; expect: reply contains "\"kind\":\"denied\""
