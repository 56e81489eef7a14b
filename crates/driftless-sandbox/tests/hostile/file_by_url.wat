;; A path that is a URL.
;; asks: {"FileSystem":{"paths":["$DIR/granted"]}}
;; grants: all
;; skeleton: forward host_file
;; call: execute_task "" "{\"read\":{\"path\":\"file:///etc/passwd\"}}"
;; expect: reply contains "\"kind\":\"invalid\"" "a path begins with `/`"
