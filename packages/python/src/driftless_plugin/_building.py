"""While a plugin is built: what its modules do at their top is done once, and every call has what came of it.

`driftless plugin build` loads the plugin in the Python of the machine first, where mistakes are told best. Here the author's own modules, and only these, are
kept from taking along what differs from call to call or from machine to machine.
"""

from __future__ import annotations

import importlib.abc
import os
import random
import sys
import time
import uuid
from typing import Any

from . import _absent, _machine
from ._advice import is_missing
from ._failure import Unavailable
from ._place import is_called_by_author

_ONCE = "the top of a module runs once, when the plugin is built, so this would be the same in every call; do it inside of a function"

_VARIABLES = (
    "the environment of the machine that builds the plugin is none of its host's; "
    "`driftless_plugin.environment.get` asks for a variable, inside of a function"
)

_CLOCKS = ("time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "process_time", "process_time_ns")

_CHANCE = (
    "betavariate", "binomialvariate", "choice", "choices", "expovariate", "gammavariate", "gauss", "getrandbits", "lognormvariate", "normalvariate",
    "paretovariate", "randbytes", "randint", "random", "randrange", "sample", "seed", "shuffle", "triangular", "uniform", "vonmisesvariate", "weibullvariate",
)  # fmt: skip


def guard() -> None:
    """Puts everything in its place, before the author's modules are loaded."""
    for name in [name for name in sys.modules if is_missing(name)]:
        del sys.modules[name]
    sys.meta_path.insert(0, _AsInComponent())
    _absent.close(lambda: True)
    _absent.close_variables(lambda: True, _VARIABLES, even_if_set=True)
    for name in _CLOCKS:
        _once(time, name)
    for name in ("localtime", "gmtime", "ctime", "asctime"):
        _once(time, name, lambda given: not given)
    _once(time, "strftime", lambda given: len(given) < 2)
    _machine.replace_dates()
    for name in _CHANCE:
        _once(random, name)
    seed = random.Random.seed

    def seeded(self: random.Random, a: Any = None, version: int = 2) -> None:
        if a is None and is_called_by_author():
            raise Unavailable(f"`random.Random()`: {_ONCE}")
        seed(self, a, version)

    random.Random.seed = seeded  # type: ignore[method-assign]
    _once(os, "urandom")
    random._urandom = os.urandom  # type: ignore[attr-defined]
    for name in ("uuid1", "uuid4", "uuid6", "uuid7"):
        _once(uuid, name)


def finish() -> None:
    """The author's modules are loaded."""
    _absent.close_imported(lambda: True)


class _AsInComponent(importlib.abc.MetaPathFinder):
    """What is not there in a component is not there now: packages try what there is when they are loaded."""

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> None:
        if is_missing(fullname):
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)


def _once(module: Any, name: str, is_refused: Any = lambda given: True) -> None:
    plain = getattr(module, name, None)
    if plain is None:
        return

    def instead(*given: Any, **more: Any) -> Any:
        if is_refused(given) and is_called_by_author():
            raise Unavailable(f"`{module.__name__}.{name}`: {_ONCE}")
        return plain(*given, **more)

    setattr(module, name, instead)
