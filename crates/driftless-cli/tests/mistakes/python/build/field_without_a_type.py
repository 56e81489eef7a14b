from dataclasses import dataclass

from driftless_plugin import task


@dataclass
class Greet:
    who: str
    greeting = "Hello"


@task
def greet(config: Greet) -> str:
    return f"{config.greeting} {config.who}"


# exit: 1
# says: Greet.greeting has no type, so it is no part of the configuration: write `greeting: str = …`
# says: at src/plugin.py:9
