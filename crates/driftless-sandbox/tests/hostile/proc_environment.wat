;; The environment of the host, in which there is a token, where all of `/proc` is granted.
;; asks: {"FileSystem":{"paths":["/proc"]}}
;; grants: all
;; skeleton: forward host_file
;; call: execute_task "" "{\"read\":{\"path\":\"/proc/self/environ\"}}"
;; expect: reply contains "\"kind\":\"denied\"" "it is in the folder of a process"
