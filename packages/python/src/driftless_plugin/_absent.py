"""What no plugin can do in Python's own way: an exception that says what there is instead, rather than the end of the component.

Below Python there is nothing: a call of the C library that needs the machine would end the component without a word. So each way there is
closed, while the plugin runs. While it is built, in the Python of the machine that builds, the same is closed to the author's own modules: what they do at
their top is done once and kept.
"""

from __future__ import annotations

import _thread
import builtins
import io
import os
import select
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

import _socket

from ._failure import Unavailable
from ._place import is_called_by_author

FILES = "a plugin has no files of its own; `driftless_plugin.files` reads and writes those of the host"
SOCKETS = "a plugin has no sockets; `driftless_plugin.http` sends requests"
PROGRAMS = "a plugin starts no programs; `driftless_plugin.process.run` asks the host to"
THREADS = "a plugin has one thread; call the function itself"
WAITING = "a plugin cannot wait, since nothing happens meanwhile; go on, or raise a `Failure`"
ASYNCHRONOUS = "a plugin has no event loop, since there is nothing to wait for; call plain functions, `driftless_plugin.http` waits by itself"
VARIABLES = "a plugin has no environment of its own; `driftless_plugin.environment.get` asks the host for a variable"
KEYBOARD = "a plugin has no standard input; what it has to know stands in its configuration"
MACHINE = "a plugin does not know its machine; `driftless_plugin.process` and `driftless_plugin.files` can find out"
EXIT = "a plugin cannot end its process; return, or raise a `Failure`"

#: What a part of Python is for that it imports when it is used.
PACKAGES = {"concurrent.futures.": THREADS, "multiprocessing.": PROGRAMS}

#: Of the module `posix` this works without a machine. What else there is, is about files.
_HARMLESS = {"fspath", "strerror", "cpu_count", "getpid", "putenv", "unsetenv", "urandom", "sched_yield", "times", "abort", "uname", "write"}

#: Functions of `os` for programs. Python in a component has none of them, and its author may have written them all the same.
_PROGRAMS = ("system", "popen", "fork", "forkpty", "kill", "killpg", "posix_spawn", "posix_spawnp", "wait", "waitpid") + tuple(
    f"{how}{form}" for how in ("exec", "spawn") for form in ("l", "le", "lp", "lpe", "v", "ve", "vp", "vpe")
)

#: As these, about who runs it.
_MACHINE = ("getuid", "geteuid", "getgid", "getegid", "getgroups", "getlogin", "getppid", "getpgid", "getloadavg", "sched_getaffinity", "nice", "umask")

#: Modules that read a variable for those who call them. Others of Python look for what they can do without.
_OF_ENVIRONMENT = ("os", "collections", "_collections_abc")

#: While a plugin is built: the variables that are in the component by then.
_OF_PYTHON = ("PYTHONHOME", "PYTHONPATH", "PYTHONUNBUFFERED")

#: Whether the ways are closed.
_Closed = Callable[[], bool]


def close(is_closed: _Closed) -> None:
    """Closes what leads to the world outside, for as long as ``is_closed``. It comes before the author's modules."""
    for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex", "gethostbyaddr", "getnameinfo", "getservbyname", "getservbyport", "getprotobyname"):
        _refuse(_socket, name, SOCKETS, is_closed)
    _socket.socket = _socket.SocketType = _socket_class(is_closed)  # type: ignore[misc]
    for name in ("select", "poll"):
        _refuse(select, name, WAITING, is_closed)
    for name in ("start_new_thread", "start_new", "start_joinable_thread"):
        _refuse(_thread, name, THREADS, is_closed)
    _refuse(threading.Thread, "start", THREADS, is_closed)
    _refuse(threading.Condition, "wait", WAITING, lambda: is_closed(), lambda self, timeout=None: timeout is not None and timeout <= 0)
    sleep = time.sleep
    # Not even to be asked for no time at all is something that it can do below Python.
    time.sleep = lambda seconds: _sleep(seconds, sleep, is_closed)
    for name in _PROGRAMS:
        _refuse(os, name, PROGRAMS, is_closed)
    # Others look whether these are there, and do without.
    os.__getattr__ = lambda name: _missing(name, is_closed)  # type: ignore[attr-defined]
    for name in ("_exit", "abort"):
        _refuse(os, name, EXIT, is_closed)
    for module, name in ((time, "get_clock_info"), (time, "clock_getres"), (os, "times")):
        _refuse(module, name, "the clock of a plugin has whole seconds, and `time.time` is all there is", is_closed)
    _refuse(builtins, "input", KEYBOARD, is_closed)
    _refuse_if_author(os, "uname", MACHINE, is_closed)
    _refuse_if_author(_socket, "gethostname", MACHINE, is_closed)
    # Nothing awaits where nothing can be awaited.
    warnings.filterwarnings("ignore", message="coroutine .* was never awaited", category=RuntimeWarning)


def close_files(is_closed: _Closed) -> None:
    """Closes what leads to files."""
    import _io
    import posix

    for module in (builtins, io, _io):
        _refuse(module, "open", FILES, is_closed)
    for module in (io, _io):
        _refuse(module, "open_code", FILES, is_closed)
    io.FileIO = _io.FileIO = _file_class(_io.FileIO, is_closed)  # type: ignore[misc]
    names = [name for name in dir(posix) if not name.startswith("_") and name not in _HARMLESS]
    for name in names:
        plain = getattr(posix, name)
        if callable(plain) and not isinstance(plain, type):
            _refuse(posix, name, FILES, is_closed)
            if getattr(os, name, None) is plain:
                setattr(os, name, getattr(posix, name))
    # No terminal is an answer.
    isatty = os.isatty
    os.isatty = posix.isatty = lambda number: False if is_closed() else isatty(number)


def close_imported(is_closed: _Closed) -> None:
    """Closes what the modules that were imported have brought along."""
    for module, owner, name, words in (
        ("subprocess", "Popen", "__init__", PROGRAMS),
        ("multiprocessing.process", "BaseProcess", "start", PROGRAMS),
        ("multiprocessing.context", "BaseContext", "Pool", PROGRAMS),
        ("multiprocessing.context", "BaseContext", "Manager", PROGRAMS),
        ("asyncio.runners", "Runner", "__init__", ASYNCHRONOUS),
        ("asyncio.events", None, "new_event_loop", ASYNCHRONOUS),
        ("asyncio", None, "new_event_loop", ASYNCHRONOUS),
        ("asyncio", None, "get_event_loop", ASYNCHRONOUS),
        ("faulthandler", None, "dump_traceback", "a plugin has no place for it; `traceback.format_exc()` returns a text"),
    ):
        found = sys.modules.get(module)
        # Python 3.10 has no `asyncio.Runner` yet.
        within = getattr(found, owner, None) if owner else found
        if within is not None:
            _refuse(within, name, words, is_closed)
    for module in ("_sqlite3", "sqlite3", "sqlite3.dbapi2"):
        if module in sys.modules:
            _in_memory(sys.modules[module], is_closed)
    if "queue" in sys.modules:
        # That of C waits below Python.
        sys.modules["queue"].SimpleQueue = sys.modules["queue"]._PySimpleQueue  # type: ignore[attr-defined]


def close_variables(is_closed: _Closed, words: str = VARIABLES, even_if_set: bool = False) -> None:
    """Closes the environment to the author. A package finds nothing in it, which it can do with."""

    class Environment(type(os.environ)):  # type: ignore[misc]
        __slots__ = ()

        def __getitem__(self, key: str) -> str:
            is_refused = is_closed() and (even_if_set or self.encodekey(key) not in self._data)
            if is_refused and is_called_by_author(_OF_ENVIRONMENT):
                raise Unavailable(words)
            value: str = super().__getitem__(key)
            return value

        def __iter__(self) -> Iterator[str]:
            if is_closed() and is_called_by_author(_OF_ENVIRONMENT):
                raise Unavailable(words)
            return super().__iter__()

    os.environ.__class__ = Environment


def forget_variables() -> None:
    """Takes away what the build had for its own Python."""
    for name in _OF_PYTHON:
        os.environ._data.pop(os.environ.encodekey(name), None)


def _refusal(words: str) -> Exception:
    """For the author. A package, or a module of Python, knows what to do about a machine that says no."""
    return Unavailable(words) if is_called_by_author() else PermissionError(words)


def _refuse(
    module: Any,
    name: str,
    words: str,
    is_closed: _Closed,
    unless: Callable[..., bool] = lambda *_, **__: False,
) -> None:
    plain = getattr(module, name, None)
    if plain is None:
        return

    def instead(*given: Any, **more: Any) -> Any:
        if is_closed() and not unless(*given, **more):
            raise _refusal(words)
        return plain(*given, **more)

    instead.__name__ = name
    setattr(module, name, instead)


def _refuse_if_author(module: Any, name: str, words: str, is_closed: _Closed) -> None:
    plain = getattr(module, name, None)
    if plain is None:
        return

    def instead() -> Any:
        if is_closed() and is_called_by_author():
            raise Unavailable(words)
        return plain()

    setattr(module, name, instead)


def _in_memory(sqlite: Any, is_closed: _Closed) -> None:
    """Lets databases be in memory only."""
    plain = sqlite.connect

    def connect(database: Any, *given: Any, **more: Any) -> Any:
        if not is_closed():
            return plain(database, *given, **more)
        if database != ":memory:":
            raise _refusal(FILES)
        connection = plain(database, *given, **more)
        connection.execute("PRAGMA temp_store = MEMORY")
        # No second database, which would be a file: SQLITE_ATTACH is denied.
        connection.set_authorizer(lambda action, *_: 1 if action == 24 else 0)
        return connection

    sqlite.connect = connect


def _sleep(seconds: float, sleep: Callable[[float], None], is_closed: _Closed) -> None:
    if not is_closed():
        sleep(seconds)
    elif seconds > 0:
        raise _refusal(WAITING)


def _missing(name: str, is_closed: _Closed) -> Callable[..., Any]:
    words = PROGRAMS if name in _PROGRAMS else MACHINE if name in _MACHINE else None
    if words is None or not is_closed() or not is_called_by_author():
        raise AttributeError(f"module 'os' has no attribute {name!r}", name=name, obj=os)

    def refuse(*_: Any, **__: Any) -> NoReturn:
        raise Unavailable(words)

    return refuse


def _file_class(plain: type, is_closed: _Closed) -> type:
    class FileIO(plain):  # type: ignore[misc]
        def __init__(self, *given: Any, **more: Any) -> None:
            if is_closed():
                raise _refusal(FILES)
            super().__init__(*given, **more)

    return FileIO


def _socket_class(is_closed: _Closed) -> type:
    class socket(_socket.socket):
        __slots__ = ()

        def __init__(self, *given: Any, **more: Any) -> None:
            if is_closed():
                raise _refusal(SOCKETS)
            super().__init__(*given, **more)

    return socket


class NoInput(io.TextIOBase):
    """The standard input of a plugin."""

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1) -> NoReturn:
        raise Unavailable(KEYBOARD)

    def readline(self, size: int | None = -1) -> NoReturn:  # type: ignore[override]
        raise Unavailable(KEYBOARD)


_allocate_lock = _thread.allocate_lock


class Lock:
    """A lock that is held by the only thread there is would be waited for without an end."""

    def __init__(self) -> None:
        self._held = _allocate_lock()

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        if self._held.acquire(False):
            return True
        if blocking and timeout != 0:
            raise _refusal(f"this lock is held already, and {WAITING}")
        return False

    def release(self) -> None:
        self._held.release()

    def locked(self) -> bool:
        return self._held.locked()

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_: Any) -> None:
        self.release()
