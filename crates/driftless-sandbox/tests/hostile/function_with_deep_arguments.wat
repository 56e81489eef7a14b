;; Arguments that are nested deeper than anything makes sense, for the reader to recurse over.
;; asks: {"HostFunction":{"functions":["inventory.owner"]}}
;; grants: all
;; skeleton: forward host_function
;; call: execute_task "" "{\"function\":\"inventory.owner\",\"arguments\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}"
;; expect: reply contains "\"kind\":\"invalid\"" "recursion limit"
