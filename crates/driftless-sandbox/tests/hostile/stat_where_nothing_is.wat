;; Whether a file is not there: the answer must be the same as for one that is.
;; asks: {"FileSystem":{"paths":["$DIR/granted"]}}
;; grants: all
;; skeleton: forward host_file
;; call: execute_task "" "{\"stat\":{\"path\":\"$DIR/no_such_file.txt\"}}"
;; expect: reply contains "\"kind\":\"denied\"" "the plugin's manifest does not ask for it"
