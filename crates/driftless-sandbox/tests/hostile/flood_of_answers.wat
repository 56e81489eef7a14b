;; Large answers that the plugin does not fetch: there is never more than one of them.
;; asks: {"FileSystem":{"paths":["$DIR/granted"]}}
;; grants: all
;; limits: fuel=1500000
;; skeleton: flood host_file
;; call: execute_task "" "{\"read\":{\"path\":\"$DIR/granted/large.bin\"}}"
;; expect: limit fuel
