"""Write Driftless plugins as plain functions.

What needs a permission is a module of its own, which is imported by name: ``from driftless_plugin import files``. There are
``files``, ``http``, ``environment``, ``process`` and ``functions``.
"""

from . import log
from ._failure import Failure, HostError, Unavailable
from ._host import random, timestamp
from ._registry import (
    command,
    facts,
    hook,
    log_filter,
    log_output,
    log_parser,
    log_source,
    task,
    template_filter,
    template_function,
)

__all__ = [
    "Failure",
    "HostError",
    "Unavailable",
    "command",
    "facts",
    "hook",
    "log",
    "log_filter",
    "log_output",
    "log_parser",
    "log_source",
    "random",
    "task",
    "template_filter",
    "template_function",
    "timestamp",
]
