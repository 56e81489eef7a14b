from dataclasses import dataclass, field

from driftless_plugin import task


@dataclass
class Greet:
    who: str = field(metadata={"minLength": 1})


@task
def greet(config: Greet) -> str:
    return f"Hello {config.who}"


# exit: 1
# says: Greet.who: `minLength` is a part of its schema: write `metadata={"schema": {"minLength": …}}`, at src/plugin.py:8
