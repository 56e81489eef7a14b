"""A filter and a function for templates."""

from driftless_plugin import Failure, template_filter, template_function


@template_filter
def shout(value: str, marks: int = 1) -> str:
    """{{ text | shout }}, {{ text | shout(3) }}, {{ text | shout(marks=3) }}"""
    return value.upper() + "!" * marks


@template_function
def greeting(name: str, words: str = "Hello") -> str:
    """{{ greeting("Ada") }}, {{ greeting("Ada", words="Good morning") }}"""
    if not name:
        raise Failure("the name to greet is empty")
    return f"{words} {name}"
