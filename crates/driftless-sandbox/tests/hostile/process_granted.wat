;; No attack: a program that is granted.
;; asks: {"Process":{"commands":["/bin/echo"]}}
;; grants: all
;; skeleton: forward host_process
;; call: execute_task "" "{\"command\":\"/bin/echo\",\"arguments\":[\"hello\"]}"
;; expect: reply contains "\"code\":0" "hello\n"
