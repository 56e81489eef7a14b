;; The files that the host has open.
;; asks: {"FileSystem":{"paths":["/"]}}
;; grants: all
;; skeleton: forward host_file
;; call: execute_task "" "{\"list\":{\"path\":\"/proc/self/fd\"}}"
;; expect: reply contains "\"kind\":\"denied\""
