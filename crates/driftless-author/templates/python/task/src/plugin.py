"""A task that greets."""

from dataclasses import dataclass, field

from driftless_plugin import Failure, log, task


@dataclass
class Greet:
    """Who is greeted, and how."""

    who: str = field(metadata={"description": "Who is greeted.", "schema": {"minLength": 1}})
    greeting: str = field(default="Hello", metadata={"description": "The words before the name."})


@task
def greet(config: Greet) -> str:
    """Greets a person."""
    if not config.who:
        raise Failure("the name to greet is empty")
    log.info(f"greeting {config.who}")
    return f"{config.greeting} {config.who}"
