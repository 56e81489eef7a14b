"""What Python's standard library would ask its machine for, made of what the host of a component offers.

A component has no WASI: a call of it would end the component without a word. While it is built there is a machine and no host, so
everything here waits for the first call.
"""

from __future__ import annotations

import builtins
import codecs
import datetime
import importlib.abc
import io
import linecache
import logging
import os
import random
import sys
import time
from collections.abc import Callable
from typing import Any, NoReturn

# The standard library imports these where it needs them, and then it is too late.
import _strptime  # noqa: F401

from . import _host


def start() -> None:
    """The host calls."""
    if not _host.start():
        return
    # There is nothing to read: `input()` finds the end at once.
    sys.stdin, sys.stdout, sys.stderr = io.StringIO(), _Lines("info"), _Lines("warn")
    sys.meta_path.insert(0, _NothingMore())
    # The state that the build left is the same in every instance.
    random.seed(_host.random())


def flush() -> None:
    """The call is over: what was printed without an end of its line is a message as well."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, _Lines):
            stream.end()


def replace() -> None:
    """Puts everything in its place. It has no effect until the host calls."""
    for name in ("ascii", "latin-1", "utf-16", "utf-8-sig", "cp1252", "idna"):
        codecs.lookup(name)
    began = []

    def since_start() -> float:
        began.append(_host.timestamp())
        return float(began[-1] - began[0])

    _when_running(time, "time", lambda: float(_host.timestamp()))
    _when_running(time, "time_ns", lambda: _host.timestamp() * 10**9)
    for name in ("monotonic", "perf_counter", "process_time"):
        _when_running(time, name, since_start)
        _when_running(time, f"{name}_ns", lambda: int(since_start() * 10**9))
    for name in ("localtime", "gmtime"):
        plain = getattr(time, name)
        setattr(time, name, lambda seconds=None, plain=plain: plain(time.time() if seconds is None else seconds))
    strftime = time.strftime
    time.strftime = lambda form, moment=None: strftime(form, time.localtime() if moment is None else moment)
    _when_running(time, "sleep", _refuse("a plugin cannot wait: its host has no clock to wake it"))
    _when_running(os, "urandom", _urandom)
    random._urandom = os.urandom  # type: ignore[attr-defined]
    for module, name in ((builtins, "open"), (io, "open"), (os, "open")):
        _when_running(module, name, _refuse("a plugin has no files of its own; `driftless_plugin.files` reaches those of the host"))
    for name in ("listdir", "scandir", "stat", "lstat", "mkdir", "remove", "rename", "rmdir", "unlink", "getcwd"):
        _when_running(os, name, _refuse("a plugin has no files of its own; `driftless_plugin.files` reaches those of the host"))
    # Tracebacks look for the text of their lines, in files that are not there.
    _when_running(linecache, "updatecache", lambda *_: [])
    datetime.datetime = _datetime  # type: ignore[misc]
    datetime.date = _date  # type: ignore[misc]
    logging.root.addHandler(_LogHandler())
    logging.root.setLevel(logging.INFO)


def _when_running(module: Any, name: str, instead: Callable[..., Any]) -> None:
    plain = getattr(module, name, None)
    if plain is not None:
        setattr(module, name, lambda *given, **more: instead(*given, **more) if _host.is_running() else plain(*given, **more))


def _refuse(why: str) -> Callable[..., NoReturn]:
    def refuse(*_: Any, **__: Any) -> NoReturn:
        raise PermissionError(why)

    return refuse


def _urandom(size: int) -> bytes:
    words = (_host.random().to_bytes(8, "little") for _ in range(0, size, 8))
    return b"".join(words)[:size]


class _Lines(io.TextIOBase):
    """A stream whose lines become messages."""

    def __init__(self, level: str) -> None:
        self._level = level
        self._rest = ""

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        *lines, self._rest = (self._rest + text).split("\n")
        for line in lines:
            _host.log(self._level, line)
        return len(text)

    def end(self) -> None:
        if self._rest:
            line, self._rest = self._rest, ""
            _host.log(self._level, line)


class _LogHandler(logging.Handler):
    """What the module `logging` is told becomes messages."""

    def emit(self, record: logging.LogRecord) -> None:
        level = "error" if record.levelno >= logging.ERROR else "warn" if record.levelno >= logging.WARNING else "info"
        _host.log("debug" if record.levelno < logging.INFO else level, self.format(record))


class _NothingMore(importlib.abc.MetaPathFinder):
    """There are no files to import from once the component is built."""

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> None:
        raise ModuleNotFoundError(
            f"`{fullname}` was not imported when the plugin was built: import it at the top of the module", name=fullname
        )


class _Like(type):
    """Lets values of the plain class be instances of ours."""

    def __instancecheck__(cls, value: object) -> bool:
        return isinstance(value, cls.__mro__[1]) if cls in (_date, _datetime) else super().__instancecheck__(value)


class _date(datetime.date, metaclass=_Like):
    @classmethod
    def today(cls) -> Any:
        return cls.fromtimestamp(time.time())


class _datetime(datetime.datetime, metaclass=_Like):
    @classmethod
    def now(cls, tz: Any = None) -> Any:
        return cls.fromtimestamp(time.time(), tz)

    @classmethod
    def utcnow(cls) -> Any:
        return cls.now(datetime.timezone.utc).replace(tzinfo=None)

    @classmethod
    def today(cls) -> Any:
        return cls.now()


for _own, _name in ((_date, "date"), (_datetime, "datetime")):
    _own.__name__ = _own.__qualname__ = _name
    _own.__module__ = "datetime"
