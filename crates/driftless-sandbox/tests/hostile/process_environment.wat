;; What a program finds in its environment: a token is not among it.
;; asks: {"Process":{"commands":["/usr/bin/env"]}}
;; grants: all
;; skeleton: forward host_process
;; call: execute_task "" "{\"command\":\"/usr/bin/env\"}"
;; expect: reply contains "\"code\":0" "PATH="
