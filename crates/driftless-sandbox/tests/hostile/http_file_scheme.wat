;; A URL that is a file.
;; asks: {"Network":{"hosts":["http://127.0.0.1:$PORT"]}}
;; grants: all
;; skeleton: forward host_http
;; call: execute_task "" "{\"method\":\"GET\",\"url\":\"file:///etc/passwd\"}"
;; expect: reply contains "\"kind\":\"invalid\"" "a URL begins with `https://` or `http://`"
