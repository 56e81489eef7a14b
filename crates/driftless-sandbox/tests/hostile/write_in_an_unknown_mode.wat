;; An unknown mode.
;; asks: {"FileSystem":{"paths":["$DIR/granted:rw"]}}
;; grants: all
;; skeleton: forward host_file
;; call: execute_task "mine" "{\"write\":{\"path\":\"$DIR/granted/hello.txt\",\"mode\":\"truncate\"}}"
;; expect: reply contains "\"kind\":\"invalid\"" "unknown variant `truncate`"
