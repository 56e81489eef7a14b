;; An empty name, which one reader skips and another begins anew at.
;; asks: {"FileSystem":{"paths":["$DIR/granted"]}}
;; grants: all
;; skeleton: forward host_file
;; call: execute_task "" "{\"read\":{\"path\":\"$DIR/granted//etc/passwd\"}}"
;; expect: reply contains "\"kind\":\"invalid\"" "a path has no `//`"
