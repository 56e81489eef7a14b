;; A file that fits into an answer and not into the memory of the plugin, which makes room that it has not.
;; asks: {"FileSystem":{"paths":["$DIR/granted"]}}
;; grants: all
;; skeleton: forward host_file
;; call: execute_task "" "{\"read\":{\"path\":\"$DIR/granted/large.bin\"}}"
;; expect: reply contains "{\"ok\":\"read\"}xxxx"
