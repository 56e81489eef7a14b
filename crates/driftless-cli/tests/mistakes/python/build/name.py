from driftless_plugin import task


@task(name="say hello")
def greet() -> str:
    return "Hello"


# exit: 1
# says: File "src/plugin.py", line 4, in <module> || File "src/plugin.py", line 5, in <module>
# says: a task is called by ASCII letters, digits, `-` and `_`, a letter first, at most 64; not 'say hello'
