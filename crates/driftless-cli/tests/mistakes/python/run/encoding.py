from driftless_plugin import task


@task
def encoding() -> str:
    return str("é".encode("cp1250"))


# says: LookupError: unknown encoding: cp1250, at src/encoding.py:6
# says: a plugin has the encodings that it looked up when it was built: write `codecs.lookup("cp1250")` at the top of the module
