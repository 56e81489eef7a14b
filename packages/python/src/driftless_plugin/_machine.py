"""What Python's standard library would ask its machine for, made of what the host of a component offers.

A component has no WASI: a call of it would end the component without a word. While it is built there is a machine and no host, so
everything here waits for the first call. What cannot be made of anything is in ``_absent``.
"""

from __future__ import annotations

import _thread
import codecs
import datetime
import importlib.abc
import io
import linecache
import logging
import os
import random
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

# The standard library imports these where it needs them, and then it is too late.
import _strptime  # noqa: F401

from . import _absent, _host
from ._advice import is_missing


#: Encodings that are there without the author asking for them. Each is a module.
_ENCODINGS = (
    "ascii", "latin-1", "iso8859-15", "cp1252", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be", "idna", "punycode",
)  # fmt: skip

#: How many calls may stand in each other, where the author says nothing about it: so many that even those which pass through C stay within the stack that a
#: host gives a call. Beyond it the component ends, without a place.
_RECURSION = 250

#: What Python begins with.
_PLAIN_RECURSION = 1000


def start() -> None:
    """The host calls."""
    if not _host.start():
        return
    sys.meta_path.insert(0, _NothingMore())
    _absent.forget_variables()
    if sys.getrecursionlimit() == _PLAIN_RECURSION:
        sys.setrecursionlimit(_RECURSION)
    # The state that the build left is the same in every instance.
    random.seed(_host.random())


def flush() -> None:
    """The call is over: what was printed without an end of its line is a message as well."""
    for stream in _streams:
        stream.end()


def replace() -> None:
    """Puts everything in its place. It has no effect until the host calls."""
    for name in _ENCODINGS:
        codecs.lookup(name)
    began: list[int] = []

    def since_start() -> float:
        now = _host.timestamp()
        if not began:
            began.append(now)
        return float(now - began[0])

    _when_running(time, "time", lambda: float(_host.timestamp()))
    _when_running(time, "time_ns", lambda: _host.timestamp() * 10**9)
    for name in ("monotonic", "perf_counter", "process_time"):
        _when_running(time, name, since_start)
        _when_running(time, f"{name}_ns", lambda: int(since_start() * 10**9))
    # It is loaded already, and has a clock of its own.
    threading._time = time.monotonic  # type: ignore[attr-defined]
    for name in ("localtime", "gmtime", "ctime"):
        plain = getattr(time, name)
        setattr(time, name, lambda seconds=None, plain=plain: plain(time.time() if seconds is None else seconds))
    strftime, asctime = time.strftime, time.asctime
    time.strftime = lambda form, moment=None: strftime(form, time.localtime() if moment is None else moment)
    time.asctime = lambda moment=None: asctime(time.localtime() if moment is None else moment)
    _when_running(time, "clock_gettime", lambda _: float(_host.timestamp()))
    _when_running(time, "clock_gettime_ns", lambda _: _host.timestamp() * 10**9)
    _when_running(os, "urandom", _urandom)
    random._urandom = os.urandom  # type: ignore[attr-defined]
    seed, new = random.Random.seed, random.Random.__new__
    # Without a seed it would look for one below Python.
    random.Random.__new__ = lambda cls, *given, **_: new(cls, *(given or (0,)))  # type: ignore
    random.Random.seed = lambda self, a=None, version=2: seed(self, _seed() if a is None and _host.is_running() else a, version)  # type: ignore
    random.seed = random._inst.seed  # type: ignore[attr-defined]
    _absent.close(_host.is_running)
    _absent.close_files(_host.is_running)
    _absent.close_variables(_host.is_running)
    threading.Lock = _thread.allocate_lock = _thread.allocate = _absent.Lock  # type: ignore[assignment,misc]
    # Who keeps a stream when the plugin is built, as handlers of `logging` do, has this one.
    for name, level in (("stdout", "info"), ("stderr", "warn")):
        stream = _Lines(level, getattr(sys, name))
        _streams.append(stream)
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    sys.stdin = sys.__stdin__ = _absent.NoInput()  # type: ignore[assignment,misc]
    os.write = _write  # type: ignore[assignment]
    # Tracebacks look for the text of their lines, in files that are not there.
    _when_running(linecache, "updatecache", lambda *_: [])
    replace_dates()
    logging.root.addHandler(_LogHandler())
    logging.root.setLevel(logging.INFO)


def _when_running(module: Any, name: str, instead: Callable[..., Any]) -> None:
    plain = getattr(module, name, None)
    if plain is not None:
        setattr(module, name, lambda *given, **more: instead(*given, **more) if _host.is_running() else plain(*given, **more))


def replace_dates() -> None:
    """Lets `datetime` ask the module `time`."""
    datetime.datetime = _datetime  # type: ignore[misc]
    datetime.date = _date  # type: ignore[misc]


def finish() -> None:
    """The author's modules are loaded: what they brought along is replaced as well."""
    _absent.close_imported(_host.is_running)


def _seed() -> int:
    return _host.random() << 64 | _host.random()


def _write(number: int, data: bytes) -> int:
    if number not in (1, 2):
        raise _absent.Unavailable(_absent.FILES)
    return _streams[number - 1].buffer.write(data)


def _urandom(size: int) -> bytes:
    words = (_host.random().to_bytes(8, "little") for _ in range(0, size, 8))
    return b"".join(words)[:size]


class _Lines(io.TextIOBase):
    """A stream whose lines become messages. While the plugin is built, it is the one that was there."""

    encoding = "utf-8"
    errors = "replace"

    def __init__(self, level: str, before: Any) -> None:
        self._level = level
        self._before = before
        self._rest = ""
        self._bytes = codecs.getincrementaldecoder("utf-8")("replace")
        self.buffer = _Bytes(self)

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        if not _host.is_running():
            return int(self._before.write(text))
        *lines, self._rest = (self._rest + text).split("\n")
        for line in lines:
            _host.log(self._level, line.removesuffix("\r"))
        return len(text)

    def flush(self) -> None:
        if not _host.is_running():
            self._before.flush()

    def write_bytes(self, data: bytes) -> int:
        self.write(self._bytes.decode(bytes(data)))
        return len(data)

    def end(self) -> None:
        """What there is of a line is a line."""
        self.write(self._bytes.decode(b"", final=True))
        if self._rest:
            line, self._rest = self._rest, ""
            _host.log(self._level, line)


class _Bytes(io.RawIOBase):
    """What is below a stream of text."""

    def __init__(self, stream: _Lines) -> None:
        self._stream = stream

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        return self._stream.write_bytes(data)


#: Standard output and standard error.
_streams: list[_Lines] = []


class _LogHandler(logging.Handler):
    """What the module `logging` is told becomes messages."""

    def emit(self, record: logging.LogRecord) -> None:
        level = "error" if record.levelno >= logging.ERROR else "warn" if record.levelno >= logging.WARNING else "info"
        _host.log("debug" if record.levelno < logging.INFO else level, self.format(record))


class _NothingMore(importlib.abc.MetaPathFinder):
    """There are no files to import from once the component is built."""

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> None:
        words = next((words for start, words in _absent.PACKAGES.items() if fullname.startswith(start)), None)
        if is_missing(fullname):
            words = f"the Python in a plugin is made without `{fullname}`"
        words = words or f"`{fullname}` was not imported when the plugin was built: import it at the top of the module"
        raise ModuleNotFoundError(words, name=fullname)


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
