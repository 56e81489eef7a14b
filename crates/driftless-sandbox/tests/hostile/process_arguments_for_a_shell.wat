;; There is no shell that would read these.
;; asks: {"Process":{"commands":["/bin/echo"]}}
;; grants: all
;; skeleton: forward host_process
;; call: execute_task "" "{\"command\":\"/bin/echo\",\"arguments\":[\"`cat $DIR/secret.txt`\",\";\",\"cat\",\"$DIR/secret.txt\",\"&&\",\"id\"]}"
;; expect: reply contains "\"code\":0" "`cat " "; cat "
