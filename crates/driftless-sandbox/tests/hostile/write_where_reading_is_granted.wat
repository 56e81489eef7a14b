;; Writing where reading is granted.
;; asks: {"FileSystem":{"paths":["$DIR/granted:rw"]}}
;; grants: {"FileSystem":{"paths":["$DIR/granted"]}}
;; skeleton: forward host_file
;; call: execute_task "mine" "{\"write\":{\"path\":\"$DIR/granted/read_only.txt\",\"mode\":\"append\"}}"
;; expect: reply contains "\"kind\":\"denied\"" "it is not granted"
