;; A pipe without a writer: a thread that opens it waits for ever.
;; asks: {"FileSystem":{"paths":["$DIR/granted"]}}
;; grants: all
;; skeleton: forward host_file
;; call: execute_task "" "{\"read\":{\"path\":\"$DIR/granted/fifo\"}}"
;; expect: reply contains "\"kind\":\"failed\"" "is neither a file nor a folder"
