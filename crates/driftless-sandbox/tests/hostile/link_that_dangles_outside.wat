;; The same by a link to a file that is not there.
;; asks: {"FileSystem":{"paths":["$DIR/granted"]}}
;; grants: all
;; skeleton: forward host_file
;; call: execute_task "" "{\"stat\":{\"path\":\"$DIR/granted/dangling\"}}"
;; expect: reply contains "\"kind\":\"denied\"" "a symbolic link leads out of the folder that is granted"
