"""A parser and a filter for log pipelines."""

from dataclasses import dataclass, field
from typing import Any

from driftless_plugin import Failure, log_filter, log_parser


@log_parser
def key_value(line: str) -> dict[str, str]:
    """Reads lines like `level=info message=started`."""
    entry = {}
    for part in line.split():
        key, separator, value = part.partition("=")
        if not separator:
            raise Failure(f"`{part}` is no key=value")
        entry[key] = value
    return entry


@dataclass
class Has:
    """Which entries are kept."""

    key: str = field(metadata={"description": "The key that an entry has to have."})


@log_filter
def has(entry: dict[str, Any], config: Has) -> bool:
    """Keeps entries that have a key."""
    return config.key in entry
