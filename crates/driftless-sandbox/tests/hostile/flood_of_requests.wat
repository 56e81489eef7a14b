;; Requests for ever: what they cost is fuel.
;; asks: {"FileSystem":{"paths":["$DIR/granted"]}}
;; grants: all
;; limits: fuel=3000000
;; skeleton: flood host_file
;; call: execute_task "" "{\"read\":{\"path\":\"$DIR/granted/hello.txt\"}}"
;; expect: limit fuel
