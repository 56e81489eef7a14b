;; No attack: a list tells that a link is one, and nothing of where it leads.
;; asks: {"FileSystem":{"paths":["$DIR/granted"]}}
;; grants: all
;; skeleton: forward host_file
;; call: execute_task "" "{\"list\":{\"path\":\"$DIR/granted\"}}"
;; expect: reply contains "{\"name\":\"link\",\"kind\":\"link\"}" "{\"name\":\"root\",\"kind\":\"link\"}"
