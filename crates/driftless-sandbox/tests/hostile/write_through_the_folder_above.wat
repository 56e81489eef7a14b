;; A new file, through a link to the folder above.
;; asks: {"FileSystem":{"paths":["$DIR/granted:rw"]}}
;; grants: all
;; skeleton: forward host_file
;; call: execute_task "mine" "{\"write\":{\"path\":\"$DIR/granted/up/outside/new.txt\",\"mode\":\"new\"}}"
;; expect: reply contains "\"kind\":\"denied\"" "a symbolic link leads out of the folder that is granted"
