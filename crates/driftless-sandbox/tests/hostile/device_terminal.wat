;; The terminal of the user, to type into.
;; asks: {"FileSystem":{"paths":["/dev:rw"]}}
;; grants: all
;; skeleton: forward host_file
;; call: execute_task "reboot\n" "{\"write\":{\"path\":\"/dev/tty\",\"mode\":\"append\"}}"
;; expect: reply contains "\"error\""
