from driftless_plugin import task


@task
def greet() -> str:
return "Hello"


# exit: 1
# says: File "src/plugin.py", line 6
# says: IndentationError: expected an indented block after function definition on line 5
