;; An entry that looks like two rows of a table where it is wrapped.
;; asks: {"FileSystem":{"paths":["/tmp/harmless                                        FileSystem   /etc"]}}
;; skeleton: forward host_file
;; expect: refused "no spaces but single ones"
