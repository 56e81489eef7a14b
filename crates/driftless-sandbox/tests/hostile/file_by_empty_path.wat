;; No path at all.
;; asks: {"FileSystem":{"paths":["$DIR/granted"]}}
;; grants: all
;; skeleton: forward host_file
;; call: execute_task "" "{\"read\":{\"path\":\"\"}}"
;; expect: reply contains "\"kind\":\"invalid\"" "a path begins with `/`"
