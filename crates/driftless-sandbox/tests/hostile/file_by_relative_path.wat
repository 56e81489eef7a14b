;; A path that depends on where the host was started.
;; asks: {"FileSystem":{"paths":["$DIR/granted"]}}
;; grants: all
;; skeleton: forward host_file
;; call: execute_task "" "{\"read\":{\"path\":\"etc/passwd\"}}"
;; expect: reply contains "\"kind\":\"invalid\"" "a path begins with `/`"
