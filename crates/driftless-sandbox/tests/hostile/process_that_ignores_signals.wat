;; A program that does not want to end.
;; asks: {"Process":{"commands":["/bin/sh"]}}
;; grants: all
;; limits: fuel=18446744073709551615 milliseconds=500
;; skeleton: linger host_process
;; call: execute_task "" "{\"command\":\"/bin/sh\",\"arguments\":[\"-c\",\"trap '' TERM INT HUP QUIT; while :; do sleep 1; done; : $DIR\"]}"
;; expect: limit time
