;; Asks for the user's own networks, beside a harmless host.
;; asks: {"Network":{"hosts":["http://cdn.example.com","address:0.0.0.0/0"]}}
;; skeleton: forward host_http
;; expect: refused "addresses are for the user to grant"
