;; A program that prints for ever.
;; asks: {"Process":{"commands":["/bin/sh"]}}
;; grants: all
;; limits: answer=100000
;; skeleton: forward host_process
;; call: execute_task "" "{\"command\":\"/bin/sh\",\"arguments\":[\"-c\",\"while :; do echo $DIR; done\"]}"
;; expect: reply contains "\"kind\":\"limit\"" "more than the 100000 bytes that an answer may have"
