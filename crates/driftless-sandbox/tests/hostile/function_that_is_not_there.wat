;; A function that is granted, and that this host's program does not have.
;; asks: {"HostFunction":{"functions":["inventory.owner"]}}
;; grants: all
;; skeleton: forward host_function
;; call: execute_task "" "{\"function\":\"inventory.owner\"}"
;; expect: reply contains "\"kind\":\"not_found\"" "offers no function `inventory.owner`"
