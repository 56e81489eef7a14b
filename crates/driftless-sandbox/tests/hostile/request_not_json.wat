;; A request that is no JSON.
;; asks: {"FileSystem":{"paths":["$DIR/granted"]}}
;; grants: all
;; skeleton: forward host_file
;; call: execute_task "" "nonsense"
;; expect: reply contains "\"kind\":\"invalid\"" "the request cannot be read"
