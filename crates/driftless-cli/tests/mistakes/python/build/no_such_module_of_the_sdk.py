from driftless import task


@task
def greet() -> str:
    return "Hello"


# exit: 1
# says: File "src/plugin.py", line 1, in <module>
# says: the SDK is `driftless_plugin`; its modules are `files`, `http`,
