;; Requests that are refused, for ever.
;; asks: {"FileSystem":{"paths":["$DIR/granted"]}}
;; grants: all
;; limits: fuel=3000000
;; skeleton: flood host_file
;; call: execute_task "" "{\"read\":{\"path\":\"$DIR/secret.txt\"}}"
;; expect: limit fuel
