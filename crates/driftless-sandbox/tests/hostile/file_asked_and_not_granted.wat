;; A plugin that takes asking for getting.
;; asks: {"FileSystem":{"paths":["$DIR/granted"]}}
;; skeleton: forward host_file
;; call: execute_task "" "{\"read\":{\"path\":\"$DIR/granted/hello.txt\"}}"
;; expect: reply contains "\"kind\":\"denied\"" "it is not granted"
