;; Two paths: one for the code that checks, one for the code that reads.
;; asks: {"FileSystem":{"paths":["$DIR/granted"]}}
;; grants: all
;; skeleton: forward host_file
;; call: execute_task "" "{\"read\":{\"path\":\"$DIR/granted/hello.txt\",\"path\":\"$DIR/secret.txt\"}}"
;; expect: reply contains "\"kind\":\"invalid\"" "duplicate field `path`"
