;; Writing through a link to a file that is not there yet.
;; asks: {"FileSystem":{"paths":["$DIR/granted:rw"]}}
;; grants: all
;; skeleton: forward host_file
;; call: execute_task "mine" "{\"write\":{\"path\":\"$DIR/granted/dangling\",\"mode\":\"append\"}}"
;; expect: reply contains "\"error\""
