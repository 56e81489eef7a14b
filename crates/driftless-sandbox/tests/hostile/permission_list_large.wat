;; Very many entries, each of which is fine: comparing them must not take long.
;; asks: {"Environment":{"vars":["A"$(,"A"*63)]}}
;; grants: {"Environment":{"vars":["A"$(,"A"*20000)]}}
;; skeleton: flood host_environment
;; limits: fuel=1500000
;; call: execute_task "" "{\"name\":\"B\"}"
;; expect: limit fuel
