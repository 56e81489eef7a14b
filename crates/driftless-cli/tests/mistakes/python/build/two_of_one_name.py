from driftless_plugin import task


@task
def greet() -> str:
    return "Hello"


@task(name="greet")
def welcome() -> str:
    return "Welcome"


# exit: 1
# says: File "src/plugin.py", line 9, in <module> || File "src/plugin.py", line 10, in <module>
# says: two components of the kind task that are called `greet`, at src/plugin.py:4 and src/plugin.py:9; give one another name: `@task(name="…")`
