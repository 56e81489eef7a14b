;; A new file outside of what is granted.
;; asks: {"FileSystem":{"paths":["$DIR/granted:rw"]}}
;; grants: all
;; skeleton: forward host_file
;; call: execute_task "mine" "{\"write\":{\"path\":\"$DIR/outside/new.txt\",\"mode\":\"new\"}}"
;; expect: reply contains "\"kind\":\"denied\""
