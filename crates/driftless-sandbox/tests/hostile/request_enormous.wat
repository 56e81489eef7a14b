;; A request of a hundred thousand bytes.
;; asks: {"FileSystem":{"paths":["$DIR/granted"]}}
;; grants: all
;; skeleton: forward host_file
;; call: execute_task "" "{\"read\":{\"path\":\"/$(a*100000)\"}}"
;; expect: reply contains "\"kind\":\"invalid\"" "a path has at most 4,096 bytes"
