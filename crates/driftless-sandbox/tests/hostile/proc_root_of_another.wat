;; The root of the machine through another process.
;; asks: {"FileSystem":{"paths":["/proc"]}}
;; grants: all
;; skeleton: forward host_file
;; call: execute_task "" "{\"read\":{\"path\":\"/proc/1/root/etc/passwd\"}}"
;; expect: reply contains "\"kind\":\"denied\""
