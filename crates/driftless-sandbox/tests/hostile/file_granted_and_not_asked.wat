;; A user who grants more than the manifest asks for: a later version might, this one does not.
;; asks: {"FileSystem":{"paths":["$DIR/granted"]}}
;; grants: {"FileSystem":{"paths":["$DIR"]}}
;; skeleton: forward host_file
;; call: execute_task "" "{\"read\":{\"path\":\"$DIR/secret.txt\"}}"
;; expect: reply contains "\"kind\":\"denied\"" "the plugin's manifest does not ask for it"
