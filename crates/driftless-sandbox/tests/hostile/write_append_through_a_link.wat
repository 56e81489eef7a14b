;; Writing through a link that leads out.
;; asks: {"FileSystem":{"paths":["$DIR/granted:rw"]}}
;; grants: all
;; skeleton: forward host_file
;; call: execute_task "mine" "{\"write\":{\"path\":\"$DIR/granted/link\",\"mode\":\"append\"}}"
;; expect: reply contains "\"error\""
