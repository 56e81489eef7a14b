;; A file beside the folder that is granted.
;; asks: {"FileSystem":{"paths":["$DIR/granted"]}}
;; grants: all
;; skeleton: forward host_file
;; call: execute_task "" "{\"read\":{\"path\":\"$DIR/secret.txt\"}}"
;; expect: reply contains "\"kind\":\"denied\"" "the plugin's manifest does not ask for it"
