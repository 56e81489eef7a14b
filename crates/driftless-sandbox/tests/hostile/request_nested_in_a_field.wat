;; The same where a path is meant.
;; asks: {"FileSystem":{"paths":["$DIR/granted"]}}
;; grants: all
;; skeleton: forward host_file
;; call: execute_task "" "{\"read\":{\"path\":$([*100000)"
;; expect: reply contains "\"kind\":\"invalid\"" "the request cannot be read"
