;; A second program behind a semicolon.
;; asks: {"Process":{"commands":["/bin/echo"]}}
;; grants: all
;; skeleton: forward host_process
;; call: execute_task "" "{\"command\":\"/bin/echo; cat $DIR/secret.txt\"}"
;; expect: reply contains "\"kind\":\"denied\""
