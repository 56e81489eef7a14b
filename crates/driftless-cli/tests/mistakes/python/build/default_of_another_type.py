from dataclasses import dataclass

from driftless_plugin import task


@dataclass
class Greet:
    who: str
    times: int = None


@task
def greet(config: Greet) -> str:
    return f"Hello {config.who}"


# exit: 1
# says: Greet.times: its default does not fit: invalid type: null, expected an integer; write `int | None`, at src/plugin.py:9
