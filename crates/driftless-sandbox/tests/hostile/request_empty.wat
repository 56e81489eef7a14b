;; A request of nothing.
;; asks: {"FileSystem":{"paths":["$DIR/granted"]}}
;; grants: all
;; skeleton: forward host_file
;; call: execute_task "" ""
;; expect: reply contains "\"kind\":\"invalid\"" "the request cannot be read"
