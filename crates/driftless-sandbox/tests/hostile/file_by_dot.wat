;; A path with two spellings.
;; asks: {"FileSystem":{"paths":["$DIR/granted"]}}
;; grants: all
;; skeleton: forward host_file
;; call: execute_task "" "{\"read\":{\"path\":\"$DIR/granted/./hello.txt\"}}"
;; expect: reply contains "\"kind\":\"invalid\"" "a path has no `.` and no `..`"
