;; A path longer than any system has.
;; asks: {"FileSystem":{"paths":["$DIR/granted"]}}
;; grants: all
;; skeleton: forward host_file
;; call: execute_task "" "{\"read\":{\"path\":\"/$(a*5000)\"}}"
;; expect: reply contains "\"kind\":\"invalid\"" "a path has at most 4,096 bytes"
