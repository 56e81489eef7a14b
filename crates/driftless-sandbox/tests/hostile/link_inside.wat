;; No attack: a link that stays inside is followed.
;; asks: {"FileSystem":{"paths":["$DIR/granted"]}}
;; grants: all
;; skeleton: forward host_file
;; call: execute_task "" "{\"read\":{\"path\":\"$DIR/granted/inside\"}}"
;; expect: reply "{\"ok\":\"read\"}hello"
