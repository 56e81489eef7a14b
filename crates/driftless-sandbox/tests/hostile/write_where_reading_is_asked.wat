;; Writing is granted, and the manifest asks for reading only.
;; asks: {"FileSystem":{"paths":["$DIR/granted"]}}
;; grants: {"FileSystem":{"paths":["$DIR/granted:rw"]}}
;; skeleton: forward host_file
;; call: execute_task "mine" "{\"write\":{\"path\":\"$DIR/granted/read_only.txt\",\"mode\":\"replace\"}}"
;; expect: reply contains "\"kind\":\"denied\"" "the plugin's manifest does not ask for it"
