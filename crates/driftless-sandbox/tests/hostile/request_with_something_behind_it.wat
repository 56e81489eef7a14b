;; A request and one more behind it.
;; asks: {"FileSystem":{"paths":["$DIR/granted"]}}
;; grants: all
;; skeleton: forward host_file
;; call: execute_task "" "{\"stat\":{\"path\":\"$DIR/granted\"}}{\"read\":{\"path\":\"$DIR/secret.txt\"}}"
;; expect: reply contains "\"kind\":\"invalid\"" "trailing characters"
