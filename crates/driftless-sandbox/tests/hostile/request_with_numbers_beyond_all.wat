;; A number that no machine holds.
;; asks: {"FileSystem":{"paths":["$DIR/granted"]}}
;; grants: all
;; skeleton: forward host_file
;; call: execute_task "" "{\"read\":{\"path\":1e999999}}"
;; expect: reply contains "\"kind\":\"invalid\"" "the request cannot be read"
