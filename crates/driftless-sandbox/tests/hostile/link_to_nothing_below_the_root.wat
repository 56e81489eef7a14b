;; The same by a link to the root, for any file of the machine.
;; asks: {"FileSystem":{"paths":["$DIR/granted"]}}
;; grants: all
;; skeleton: forward host_file
;; call: execute_task "" "{\"stat\":{\"path\":\"$DIR/granted/root/no/such/file\"}}"
;; expect: reply contains "\"kind\":\"denied\"" "a symbolic link leads out of the folder that is granted"
