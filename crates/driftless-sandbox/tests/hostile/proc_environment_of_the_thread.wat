;; The same by another name.
;; asks: {"FileSystem":{"paths":["/proc"]}}
;; grants: all
;; skeleton: forward host_file
;; call: execute_task "" "{\"read\":{\"path\":\"/proc/thread-self/environ\"}}"
;; expect: reply contains "\"kind\":\"denied\"" "it is in the folder of a process"
