"""The reference plugin: what it answers is the same in every language, and the conformance suite expects it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from driftless_plugin import (
    Failure,
    environment,
    facts,
    files,
    log,
    log_filter,
    log_output,
    log_parser,
    log_source,
    task,
    template_filter,
    template_function,
)


@dataclass
class Value:
    value: Any


@dataclass
class Greet:
    name: str
    times: int = field(default=1, metadata={"schema": {"minimum": 0}})


@dataclass
class Message:
    message: str


@dataclass
class Log:
    level: Literal["error", "warn", "info", "debug"]
    message: str


@dataclass
class File:
    path: str


@dataclass
class Variable:
    name: str


@dataclass
class Facts:
    facts: dict[str, Any]


@dataclass
class Count:
    to: int


@dataclass
class Key:
    key: str


@task
def echo(config: Value) -> dict[str, Any]:
    """Hands its value back"""
    return {"message": "echoed", "value": config.value}


@task
def greet(config: Greet) -> str:
    """Greets a person"""
    log.info(f"greeting {config.name}")
    return ", ".join([f"Hello {config.name}"] * config.times)


@task
def fail(config: Message) -> None:
    """Fails as it is told"""
    raise Failure(config.message)


@task
def crash() -> None:
    """Makes a mistake"""
    raise ValueError("crashed on purpose")


@task(name="log")
def log_message(config: Log) -> None:
    """Logs a message"""
    getattr(log, config.level)(config.message)


@task
def read(config: File) -> dict[str, str]:
    """Reads a file"""
    return {"text": files.read_text(config.path)}


@task
def variable(config: Variable) -> dict[str, str | None]:
    """Reads an environment variable"""
    return {"value": environment.get(config.name)}


@facts
def static() -> dict[str, Any]:
    """Always the same"""
    return {"answer": 42, "text": "naïve ☕ 𝄞", "list": [1, 2, 3], "nothing": None}


@facts
def from_config(config: Facts) -> dict[str, Any]:
    """What its configuration says"""
    return config.facts


@facts(name="fail")
def fail_facts(config: Message) -> dict[str, Any]:
    """Fails as it is told"""
    raise Failure(config.message)


@template_filter
def reverse(value: str) -> str:
    """Text from its end to its beginning"""
    return value[::-1]


@template_filter
def repeat(value: str, times: int = 2) -> str:
    """Text several times"""
    return value * times


@template_filter
def identity(value: Any) -> Any:
    """The value"""
    return value


@template_filter(name="fail")
def fail_filter(value: Any) -> Any:
    """Fails"""
    raise Failure("no filter today")


@template_function
def add(a: int, b: int) -> int:
    """A sum"""
    return a + b


@template_function
def join(items: list[str], sep: str = ",") -> str:
    """Texts in a row"""
    return sep.join(items)


@log_source
def count(config: Count) -> Iterator[str]:
    """Numbered lines"""
    return (f"line {number}" for number in range(1, config.to + 1))


@log_parser
def key_value(line: str) -> dict[str, str]:
    """Keys and values with `=` between them"""
    pairs = {}
    for part in filter(None, line.split(" ")):
        key, equals, value = part.partition("=")
        if not equals:
            raise Failure(f"`{part}` is no key=value")
        pairs[key] = value
    return pairs


@log_filter
def has(entry: dict[str, Any], config: Key) -> bool:
    """Whether an entry has a key"""
    return config.key in entry


@log_output
def discard(entry: dict[str, Any]) -> None:
    """Nowhere"""


@log_output
def full(entry: dict[str, Any]) -> None:
    """A disk without room"""
    raise Failure("the disk is full")
