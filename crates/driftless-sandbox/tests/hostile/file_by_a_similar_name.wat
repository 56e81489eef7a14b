;; A name that begins like the granted folder.
;; asks: {"FileSystem":{"paths":["$DIR/granted"]}}
;; grants: all
;; skeleton: forward host_file
;; call: execute_task "" "{\"read\":{\"path\":\"$DIR/granted.txt\"}}"
;; expect: reply contains "\"kind\":\"denied\""
