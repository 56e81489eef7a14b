;; A name of a function that would write to the terminal of the user who reads the denial.
;; asks: {"HostFunction":{"functions":["inventory.owner"]}}
;; grants: all
;; skeleton: forward host_function
;; call: execute_task "" "{\"function\":\"\\u001b[2Jinventory\"}"
;; expect: reply contains "\"kind\":\"denied\"" "does not ask for it"
