from driftless_plugin import task


@task
def bytes_that_are_no_text() -> str:
    return b"caf\xe9".decode()


# says: UnicodeDecodeError: 'utf-8' codec can't decode byte 0xe9 in position 3: unexpected end of data, at src/bytes_that_are_no_text.py:6
# says: `.decode(errors="replace")` takes bytes that are no UTF-8 as well
