"""Functions that the program offers in which the plugin's host is embedded.

Each needs the permission ``functions`` in ``pyproject.toml``, with its name. ``driftless`` itself has none.
"""

from __future__ import annotations

from typing import Any

from ._host import capability, exchange

_send = capability("functions", "functions")


def call(name: str, arguments: Any = None) -> Any:
    """Calls a function of the host's program, and returns what it returns.

    It raises a ``HostError`` without the permission, where the program has no such function, and where the function fails.
    """
    answer, _ = exchange(_send, {"function": name, "arguments": arguments})
    return answer
