;; The service that tells a machine in a cloud its passwords.
;; asks: {"Network":{"hosts":["http://*"]}}
;; grants: all
;; skeleton: forward host_http
;; call: execute_task "" "{\"method\":\"GET\",\"url\":\"http://169.254.169.254/latest/meta-data/\"}"
;; expect: reply contains "\"kind\":\"denied\"" "which is no public address"
