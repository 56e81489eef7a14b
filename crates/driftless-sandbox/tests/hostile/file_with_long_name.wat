;; A name longer than any file system takes.
;; asks: {"FileSystem":{"paths":["$DIR/granted"]}}
;; grants: all
;; skeleton: forward host_file
;; call: execute_task "" "{\"read\":{\"path\":\"$DIR/granted/$(a*300)\"}}"
;; expect: reply contains "\"kind\":\"failed\"" "cannot read"
