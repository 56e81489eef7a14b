from driftless_plugin import task


class Greet:
    who: str


@task
def greet(config: Greet) -> str:
    return f"Hello {config.who}"


# exit: 1
# says: File "src/plugin.py", line 8, in <module> || File "src/plugin.py", line 9, in <module>
# says: make Greet a dataclass, with `@dataclass` above it
