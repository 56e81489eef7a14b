;; A pipe without a reader.
;; asks: {"FileSystem":{"paths":["$DIR/granted:rw"]}}
;; grants: all
;; skeleton: forward host_file
;; call: execute_task "x" "{\"write\":{\"path\":\"$DIR/granted/fifo\",\"mode\":\"append\"}}"
;; expect: reply contains "\"kind\":\"failed\"" "is neither a file nor a folder"
