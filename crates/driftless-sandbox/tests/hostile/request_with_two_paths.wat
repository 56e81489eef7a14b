;; Two paths: one for whoever checks, one for whoever reads.
;; asks: {"FileSystem":{"paths":["$DIR/granted"]}}
;; grants: all
;; skeleton: forward host_file
;; call: execute_task "" "{\"read\":{\"path\":\"$DIR/granted/hello.txt\",\"path\":\"$DIR/secret.txt\"}}"
;; expect: reply contains "\"kind\":\"invalid\"" "duplicate field `path`"
