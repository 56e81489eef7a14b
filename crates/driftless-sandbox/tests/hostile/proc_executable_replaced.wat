;; The program of the host itself, to write over.
;; asks: {"FileSystem":{"paths":["/proc:rw"]}}
;; grants: all
;; skeleton: forward host_file
;; call: execute_task "x" "{\"write\":{\"path\":\"/proc/self/exe\",\"mode\":\"replace\"}}"
;; expect: reply contains "\"kind\":\"denied\""
