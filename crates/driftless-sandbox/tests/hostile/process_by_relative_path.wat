;; A program of this name in the working folder of the host.
;; asks: {"Process":{"commands":["echo"]}}
;; grants: all
;; skeleton: forward host_process
;; call: execute_task "" "{\"command\":\"./echo\",\"arguments\":[\"hello\"]}"
;; expect: reply contains "\"kind\":\"denied\""
