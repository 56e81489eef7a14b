;; Whether a file is not there, by a link that leads out: the answer must be the same as for one that is.
;; asks: {"FileSystem":{"paths":["$DIR/granted"]}}
;; grants: all
;; skeleton: forward host_file
;; call: execute_task "" "{\"read\":{\"path\":\"$DIR/granted/up/no_such_file.txt\"}}"
;; expect: reply contains "\"kind\":\"denied\"" "a symbolic link leads out of the folder that is granted"
