;; Writing over the granted folder itself.
;; asks: {"FileSystem":{"paths":["$DIR/granted:rw"]}}
;; grants: all
;; skeleton: forward host_file
;; call: execute_task "mine" "{\"write\":{\"path\":\"$DIR/granted\",\"mode\":\"replace\"}}"
;; expect: reply contains "\"kind\":\"failed\""
