;; The folder that the host works in, which no plugin may know.
;; asks: {"FileSystem":{"paths":["/proc"]}}
;; grants: all
;; skeleton: forward host_file
;; call: execute_task "" "{\"list\":{\"path\":\"/proc/self/cwd\"}}"
;; expect: reply contains "\"kind\":\"denied\""
