;; Another program than the granted one.
;; asks: {"Process":{"commands":["/bin/echo"]}}
;; grants: all
;; skeleton: forward host_process
;; call: execute_task "" "{\"command\":\"/bin/sh\",\"arguments\":[\"-c\",\"cat $DIR/secret.txt\"]}"
;; expect: reply contains "\"kind\":\"denied\""
