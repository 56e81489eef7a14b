;; An argument that ends early.
;; asks: {"Process":{"commands":["/bin/echo"]}}
;; grants: all
;; skeleton: forward host_process
;; call: execute_task "" "{\"command\":\"/bin/echo\",\"arguments\":[\"a\\u0000b\"]}"
;; expect: reply contains "\"kind\":\"invalid\"" "an argument has no zero bytes"
