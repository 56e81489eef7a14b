;; An unknown field is not passed over.
;; asks: {"FileSystem":{"paths":["$DIR/granted"]}}
;; grants: all
;; skeleton: forward host_file
;; call: execute_task "" "{\"read\":{\"path\":\"$DIR/granted/hello.txt\",\"follow\":true}}"
;; expect: reply contains "\"kind\":\"invalid\"" "unknown field `follow`"
