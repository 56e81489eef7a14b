;; A folder that is granted as a program.
;; asks: {"Process":{"commands":["/tmp"]}}
;; grants: all
;; skeleton: forward host_process
;; call: execute_task "" "{\"command\":\"/tmp\"}"
;; expect: reply contains "\"kind\":\"not_found\""
