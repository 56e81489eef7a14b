;; A million bytes of JSON: read, they would be many times as much of the host's memory.
;; asks: {"Process":{"commands":["true"]}}
;; skeleton: forward host_process
;; call: execute_task "" "{\"command\":\"x\",\"arguments\":[\"\"$(,\"\"*300000)]}"
;; expect: trap "262144 is the most, besides its body"
