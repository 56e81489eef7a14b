;; A hundred thousand bytes that are no request; the answer does not repeat them.
;; asks: {"FileSystem":{"paths":["$DIR/granted"]}}
;; grants: all
;; limits: output=2000
;; skeleton: forward host_file
;; call: execute_task "" "{\"$(b*100000)\":1}"
;; expect: reply contains "\"kind\":\"invalid\"" "unknown variant" "…"
