;; Out of the folder by a link and back into it: the path is read as the plain one that it means, which is granted. The name of the folder is in the path already, so nothing is learned.
;; asks: {"FileSystem":{"paths":["$DIR/granted"]}}
;; grants: all
;; skeleton: forward host_file
;; call: execute_task "" "{\"read\":{\"path\":\"$DIR/granted/up/granted/hello.txt\"}}"
;; expect: reply "{\"ok\":\"read\"}hello"
