;; A file larger than an answer may be.
;; asks: {"FileSystem":{"paths":["$DIR/granted"]}}
;; grants: all
;; limits: answer=100000
;; skeleton: forward host_file
;; call: execute_task "" "{\"read\":{\"path\":\"$DIR/granted/large.bin\"}}"
;; expect: reply contains "\"kind\":\"limit\"" "more than the 100000 bytes that an answer may have"
