;; A path that a shell would write out.
;; asks: {"FileSystem":{"paths":["$DIR/granted"]}}
;; grants: all
;; skeleton: forward host_file
;; call: execute_task "" "{\"read\":{\"path\":\"~/.ssh/id_ed25519\"}}"
;; expect: reply contains "\"kind\":\"invalid\"" "a path begins with `/`"
