;; More entries than people read.
;; asks: {"Environment":{"vars":["A"$(,"A"*64)]}}
;; skeleton: forward host_environment
;; expect: refused "a manifest asks for at most 64 things"
