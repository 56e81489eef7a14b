;; A URL that is whatever one likes to send.
;; asks: {"Network":{"hosts":["http://127.0.0.1:$PORT"]}}
;; grants: all
;; skeleton: forward host_http
;; call: execute_task "" "{\"method\":\"GET\",\"url\":\"gopher://127.0.0.1:$OTHER/_SET%20x%20y\"}"
;; expect: reply contains "\"kind\":\"invalid\"" "a URL begins with `https://` or `http://`"
