;; Half of a letter.
;; asks: {"FileSystem":{"paths":["$DIR/granted"]}}
;; grants: all
;; skeleton: forward host_file
;; call: execute_task "" "{\"read\":{\"path\":\"/\\ud800\"}}"
;; expect: reply contains "\"kind\":\"invalid\"" "the request cannot be read"
