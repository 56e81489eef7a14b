;; A whole line for a shell, where the shell is granted.
;; asks: {"Process":{"commands":["sh"]}}
;; grants: all
;; skeleton: forward host_process
;; call: execute_task "" "{\"command\":\"sh -c id\"}"
;; expect: reply contains "\"kind\":\"denied\""
