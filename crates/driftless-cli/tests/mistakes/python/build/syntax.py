from driftless_plugin import task


@task
def greet() -> str
    return "Hello"


# exit: 1
# says: it does not compile:
# says: File "src/plugin.py", line 5
# says: SyntaxError: expected ':'
