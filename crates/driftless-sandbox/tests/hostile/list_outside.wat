;; The names in the folder above.
;; asks: {"FileSystem":{"paths":["$DIR/granted"]}}
;; grants: all
;; skeleton: forward host_file
;; call: execute_task "" "{\"list\":{\"path\":\"$DIR\"}}"
;; expect: reply contains "\"kind\":\"denied\""
