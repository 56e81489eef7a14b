;; A second opinion about where the request ends.
;; asks: {"Network":{"hosts":["http://127.0.0.1:$PORT"]}}
;; grants: all
;; skeleton: forward host_http
;; call: execute_task "" "{\"method\":\"GET\",\"url\":\"http://127.0.0.1:$PORT/\",\"headers\":[[\"Transfer-Encoding\",\"chunked\"]]}"
;; expect: reply contains "\"kind\":\"invalid\"" "the host's to set"
