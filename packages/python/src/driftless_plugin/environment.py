"""Environment variables of the host. Each needs the permission ``environment`` in `pyproject.toml`."""

from __future__ import annotations

from ._host import capability, exchange

_send = capability("environment", "environment")


def get(name: str) -> str | None:
    """The value of an environment variable; ``None`` where it is not set."""
    answer, _ = exchange(_send, {"name": name})
    value: str | None = answer["value"]
    return value
