;; A line break, for a host that writes logs line by line.
;; asks: {"FileSystem":{"paths":["$DIR/granted"]}}
;; grants: all
;; skeleton: forward host_file
;; call: execute_task "" "{\"read\":{\"path\":\"$DIR/granted/hello.txt\\nerror: all is lost\"}}"
;; expect: reply contains "\"kind\":\"invalid\"" "a path has no control characters"
