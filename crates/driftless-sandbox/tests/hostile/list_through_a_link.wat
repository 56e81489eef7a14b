;; The names in the folder above, through a link.
;; asks: {"FileSystem":{"paths":["$DIR/granted"]}}
;; grants: all
;; skeleton: forward host_file
;; call: execute_task "" "{\"list\":{\"path\":\"$DIR/granted/up\"}}"
;; expect: reply contains "\"kind\":\"denied\"" "a symbolic link leads out of the folder that is granted"
