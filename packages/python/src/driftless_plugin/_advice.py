"""What to do about exceptions whose own message leaves the author alone with them."""

from __future__ import annotations

import sys

#: Modules of the standard library that the Python in a component is made without, and what there is instead.
_MISSING = {
    "bz2": "`zlib` is there",
    "ctypes": None,
    "curses": None,
    "fcntl": None,
    "grp": "`driftless_plugin.files` reads /etc/group",
    "lzma": "`zlib` is there",
    "mmap": None,
    "pty": None,
    "pwd": "`driftless_plugin.files` reads /etc/passwd",
    "readline": None,
    "resource": None,
    "ssl": "`driftless_plugin.http` knows https",
    "syslog": "`driftless_plugin.log` is there",
    "termios": None,
    "tkinter": None,
    "tty": None,
}


#: Modules of the SDK.
_MODULES = "`files`, `http`, `environment`, `process`, `functions`, `log` and `testing`"


def advice(raised: BaseException) -> str | None:
    """What to do about what a function of the author raised."""
    if isinstance(raised, SystemExit):
        return "a call ends by returning, or by raising a `Failure` with what its user has to know"
    if not isinstance(raised, Exception):
        return "it is no `Exception`, so little catches it; raise a `Failure`"
    if isinstance(raised, RecursionError):
        return "a loop with a list of what is left to do has no such bound, and `sys.setrecursionlimit(…)` at the top of the module moves it"
    if isinstance(raised, MemoryError):
        return "a call has little memory: read in pieces, hand over in batches, keep less"
    if isinstance(raised, UnicodeDecodeError):
        return '`.decode(errors="replace")` takes bytes that are no UTF-8 as well'
    if type(raised).__name__ == "ZoneInfoNotFoundError":
        return "install the package `tzdata` into the project, and make each `ZoneInfo` at the top of the module"
    if any(words in str(raised) for words in ("unknown url type: https", "SSL module is not available", "HTTPSConnection")):
        return "`driftless_plugin.http` sends requests, with https as well, and the permission `network`"
    # Its class is called `error` before Python 3.13.
    if type(raised).__name__ in ("error", "PatternError") and str(raised).startswith("bad escape \\p"):
        return "`re` has no `\\p{…}`; `unicodedata.category(…)` says what a character is"
    if isinstance(raised, LookupError) and str(raised).startswith("unknown encoding: "):
        name = str(raised).partition(": ")[2]
        return f'a plugin has the encodings that it looked up when it was built: write `codecs.lookup("{name}")` at the top of the module'
    return None


def advice_on_import(raised: BaseException) -> str | None:
    """What to do about what was raised while the plugin was loaded, which is while it is built."""
    if isinstance(raised, ModuleNotFoundError) and raised.name:
        return _on_module(raised.name)
    if isinstance(raised, ImportError) and raised.name == "os":
        return "the module `os` of a plugin has nothing about programs and users; `driftless_plugin.process.run` asks the host to run a program"
    if isinstance(raised, ImportError) and raised.name == "driftless_plugin":
        names = sorted(sys.modules["driftless_plugin"].__all__)
        return f"it has {', '.join(f'`{name}`' for name in names)}, and the modules {_MODULES}"
    if isinstance(raised, SystemExit):
        return "a plugin is loaded when it is built, and runs by its functions being called: keep what is for the command line behind `if __name__ == \"__main__\":`"
    if isinstance(raised, OSError):
        return (
            "while a plugin is built it has the files beside its source, `Path(__file__).parent`, and those of its packages; "
            "what is on the host's machine is read by `driftless_plugin.files`, inside of a function"
        )
    return None


def is_missing(module: str) -> bool:
    """Whether the Python in a component is made without a module."""
    return module.partition(".")[0].lstrip("_") in _MISSING


def _on_module(name: str) -> str:
    root = name.partition(".")[0]
    if is_missing(name):
        instead = _MISSING[root.lstrip("_")]
        return "the Python in a plugin is made without this module" + (f"; {instead}" if instead else "")
    if root.startswith("driftless"):
        return f"the SDK is `driftless_plugin`; its modules are {_MODULES}"
    if root in sys.stdlib_module_names:
        return "the Python in a plugin is made without this module"
    if root in sys.modules or root.startswith("_"):
        return "a package with machine code in it cannot be used, only those that are written in Python alone"
    return (
        f"a module of your own stands beside the one that the plugin begins with; a package is installed into the project: "
        f"add `{root}` to requirements-dev.txt and run `.venv/bin/pip install -r requirements-dev.txt`"
    )
