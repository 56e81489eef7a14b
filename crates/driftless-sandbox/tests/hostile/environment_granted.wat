;; No attack: a variable that is granted. Whether it is set is for the runner to say.
;; asks: {"Environment":{"vars":["DRIFTLESS_PUBLIC"]}}
;; grants: all
;; skeleton: forward host_environment
;; call: execute_task "" "{\"name\":\"DRIFTLESS_PUBLIC\"}"
;; expect: reply contains "{\"ok\":{\"value\":"
