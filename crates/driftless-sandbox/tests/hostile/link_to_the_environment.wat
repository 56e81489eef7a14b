;; A link to the environment of the host, in which there is a token.
;; asks: {"FileSystem":{"paths":["$DIR/granted"]}}
;; grants: all
;; skeleton: forward host_file
;; call: execute_task "" "{\"read\":{\"path\":\"$DIR/granted/environment\"}}"
;; expect: reply contains "\"kind\":\"denied\"" "a symbolic link leads out of the folder that is granted"
