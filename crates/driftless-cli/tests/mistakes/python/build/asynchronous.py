from driftless_plugin import task


@task
async def greet() -> str:
    return "Hello"


# exit: 1
# says: File "src/plugin.py", line 4, in <module> || File "src/plugin.py", line 5, in <module>
# says: the task `greet` is asynchronous, and a plugin has nothing to wait for; leave out `async`
