;; The list of users, with a grant for something else.
;; asks: {"FileSystem":{"paths":["$DIR/granted"]}}
;; grants: all
;; skeleton: forward host_file
;; call: execute_task "" "{\"read\":{\"path\":\"/etc/passwd\"}}"
;; expect: reply contains "\"kind\":\"denied\"" "the plugin's manifest does not ask for it"
