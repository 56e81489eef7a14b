;; The folder above, by `..` at the end.
;; asks: {"FileSystem":{"paths":["$DIR/granted"]}}
;; grants: all
;; skeleton: forward host_file
;; call: execute_task "" "{\"list\":{\"path\":\"$DIR/granted/..\"}}"
;; expect: reply contains "\"kind\":\"invalid\"" "a path has no `.` and no `..`"
