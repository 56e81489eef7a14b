;; Writing over a file beside the granted folder.
;; asks: {"FileSystem":{"paths":["$DIR/granted:rw"]}}
;; grants: all
;; skeleton: forward host_file
;; call: execute_task "mine" "{\"write\":{\"path\":\"$DIR/secret.txt\",\"mode\":\"replace\"}}"
;; expect: reply contains "\"kind\":\"denied\""
