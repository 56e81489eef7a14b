;; An entry that pushes the others off the screen.
;; asks: {"FileSystem":{"paths":["/$(a*4000)","/:rw"]}}
;; skeleton: forward host_file
;; expect: refused "has at most 256 bytes"
