;; A program that ends at once and leaves another running.
;; asks: {"Process":{"commands":["/bin/sh"]}}
;; grants: all
;; skeleton: forward host_process
;; call: execute_task "" "{\"command\":\"/bin/sh\",\"arguments\":[\"-c\",\"(sleep 60; : $DIR) & echo done\"]}"
;; expect: reply contains "\"code\":0" "done"
