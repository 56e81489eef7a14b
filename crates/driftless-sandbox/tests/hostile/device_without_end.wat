;; A device that never ends, asked for, and granted by a careless user.
;; asks: {"FileSystem":{"paths":["/dev/zero"]}}
;; grants: all
;; skeleton: forward host_file
;; call: execute_task "" "{\"read\":{\"path\":\"/dev/zero\"}}"
;; expect: reply contains "\"kind\":\"failed\"" "is neither a file nor a folder"
