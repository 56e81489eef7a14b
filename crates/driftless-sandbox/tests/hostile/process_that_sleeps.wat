;; A program that sleeps for longer than the call has time. It ends with the call.
;; asks: {"Process":{"commands":["/bin/sh"]}}
;; grants: all
;; limits: fuel=18446744073709551615 milliseconds=500
;; skeleton: linger host_process
;; call: execute_task "" "{\"command\":\"/bin/sh\",\"arguments\":[\"-c\",\"sleep 60; : $DIR\"]}"
;; expect: limit time
