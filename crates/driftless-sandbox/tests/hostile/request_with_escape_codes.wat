;; What the host repeats of a request moves no cursor.
;; asks: {"FileSystem":{"paths":["$DIR/granted"]}}
;; grants: all
;; skeleton: forward host_file
;; call: execute_task "" "{\"\\u001b[2J\":1}"
;; expect: reply contains "\"kind\":\"invalid\"" "\\\\u{1b}[2J"
