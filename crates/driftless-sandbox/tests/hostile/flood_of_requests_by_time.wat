;; The same with endless fuel: what is left is time.
;; asks: {"FileSystem":{"paths":["$DIR/granted"]}}
;; grants: all
;; limits: fuel=18446744073709551615 milliseconds=300
;; skeleton: flood host_file
;; call: execute_task "" "{\"read\":{\"path\":\"$DIR/granted/hello.txt\"}}"
;; expect: limit time
