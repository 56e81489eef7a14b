from driftless_plugin import task


@task
def greet(who: str) -> str:
    return f"Hello {who}"


# exit: 1
# says: File "src/plugin.py", line 4, in <module> || File "src/plugin.py", line 5, in <module>
# says: the task `greet` takes a configuration that is no object, and a host gives it nothing else: annotate `who` with a dataclass, a TypedDict or a dict[str, …]
