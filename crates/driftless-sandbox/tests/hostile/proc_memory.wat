;; The memory of the host.
;; asks: {"FileSystem":{"paths":["/"]}}
;; grants: all
;; skeleton: forward host_file
;; call: execute_task "" "{\"read\":{\"path\":\"/proc/self/mem\"}}"
;; expect: reply contains "\"kind\":\"denied\""
