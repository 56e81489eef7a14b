;; No attack: what may be written is written.
;; asks: {"FileSystem":{"paths":["$DIR/granted:rw"]}}
;; grants: all
;; skeleton: forward host_file
;; call: execute_task "mine" "{\"write\":{\"path\":\"$DIR/granted/new.txt\",\"mode\":\"new\"}}"
;; expect: reply "{\"ok\":\"written\"}"
