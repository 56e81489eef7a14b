from driftless_plugin import task


@task(config={"type": "object", "properties": {"n": {"type": "int"}}})
def greet(config: dict[str, object]) -> str:
    return "Hello"


# exit: 3
# says: src/plugin.py:4: the schema of its task `greet` is invalid
