;; A file that took the name of one that was granted something.
;; asks: {"FileSystem":{"paths":["$DIR/granted"]}}
;; grants: all
;; skeleton: forward host_file
;; call: execute_task "" "{\"read\":{\"path\":\"$DIR/granted/hello.txt\"}}"
;; expect: reply contains "\"kind\":\"denied\"" "it is not granted"
;; granted to: another file
