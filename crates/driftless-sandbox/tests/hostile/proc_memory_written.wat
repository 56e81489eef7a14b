;; The memory of the host, to write into.
;; asks: {"FileSystem":{"paths":["/:rw"]}}
;; grants: all
;; skeleton: forward host_file
;; call: execute_task "x" "{\"write\":{\"path\":\"/proc/self/mem\",\"mode\":\"append\"}}"
;; expect: reply contains "\"kind\":\"denied\""
