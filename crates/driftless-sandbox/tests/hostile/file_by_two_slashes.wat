;; A path that some systems read as a network share.
;; asks: {"FileSystem":{"paths":["$DIR/granted"]}}
;; grants: all
;; skeleton: forward host_file
;; call: execute_task "" "{\"read\":{\"path\":\"//etc/passwd\"}}"
;; expect: reply contains "\"kind\":\"invalid\"" "a path has no `//`"
