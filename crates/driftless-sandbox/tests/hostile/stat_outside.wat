;; Whether a file is there that was not granted.
;; asks: {"FileSystem":{"paths":["$DIR/granted"]}}
;; grants: all
;; skeleton: forward host_file
;; call: execute_task "" "{\"stat\":{\"path\":\"$DIR/secret.txt\"}}"
;; expect: reply contains "\"kind\":\"denied\""
