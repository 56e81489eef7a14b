from dataclasses import dataclass
from datetime import date

from driftless_plugin import task


@dataclass
class Greet:
    since: date


@task
def greet(config: Greet) -> str:
    return f"Hello since {config.since}"


# exit: 1
# says: Greet.since: date cannot be part of a configuration; there are str, int, float, bool, list[…], dict[str, …]
# says: write str, and make the value of it in `__post_init__`, at src/plugin.py:9
