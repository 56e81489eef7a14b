;; More arguments than a system takes.
;; asks: {"Process":{"commands":["/bin/echo"]}}
;; grants: all
;; skeleton: forward host_process
;; call: execute_task "" "{\"command\":\"/bin/echo\",\"arguments\":[\"a\"$(,\"a\"*5000)]}"
;; expect: reply contains "\"kind\":\"invalid\"" "a program gets at most 1024 arguments"
