;; No attack: what is asked for and granted is read, or all the refusals around this file would mean nothing.
;; asks: {"FileSystem":{"paths":["$DIR/granted"]}}
;; grants: all
;; skeleton: forward host_file
;; call: execute_task "" "{\"read\":{\"path\":\"$DIR/granted/hello.txt\"}}"
;; expect: reply "{\"ok\":\"read\"}hello"
