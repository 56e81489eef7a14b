;; Brackets in brackets, to use up the stack of the parser.
;; asks: {"FileSystem":{"paths":["$DIR/granted"]}}
;; grants: all
;; skeleton: forward host_file
;; call: execute_task "" "$([*100000)"
;; expect: reply contains "\"kind\":\"invalid\"" "the request cannot be read"
