;; A zero byte: the check reads on, the kernel stops.
;; asks: {"FileSystem":{"paths":["$DIR/granted"]}}
;; grants: all
;; skeleton: forward host_file
;; call: execute_task "" "{\"read\":{\"path\":\"$DIR/secret.txt\\u0000/granted\"}}"
;; expect: reply contains "\"kind\":\"invalid\"" "a path has no control characters"
