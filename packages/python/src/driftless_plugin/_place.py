"""Places in the author's source."""

from __future__ import annotations

import inspect
import os
import re
import sys
from collections.abc import Collection
from types import TracebackType
from typing import Any

_OWN_FOLDER = os.path.dirname(os.path.abspath(__file__)) + os.sep

#: Python's own modules: outside of a component, and in one.
_STANDARD = (os.path.dirname(os.path.abspath(os.__file__)) + os.sep, "/python/")

#: Modules of Python that hand on what they were asked for, so that the author asks who calls them.
_HAND_ON = {
    "os", "posixpath", "ntpath", "genericpath", "pathlib", "glob", "shutil", "_collections_abc", "collections", "random", "secrets", "uuid", "socket",
    "subprocess", "asyncio", "threading", "queue", "multiprocessing", "concurrent", "tempfile",
}  # fmt: skip

#: Where a component has the author's files, and where the project has them: `/2/` and `src/`. The build says so.
roots: dict[str, str] = {}


def innermost(trace: TracebackType | None) -> str | None:
    """Where an exception was raised, as ``plugin.py:12``: the innermost line of the author's own files."""
    found = None
    while trace is not None:
        # The module `traceback` would look for the text of the lines, and a component has no files.
        frame = (trace.tb_frame.f_code.co_filename, trace.tb_lineno)
        # Where none is the author's, the innermost says more than nothing.
        if found is None or is_own(frame[0]) or not is_own(found[0]):
            found = frame
        trace = trace.tb_next
    return found and f"{shorten(found[0])}:{found[1]}"


def of_function(function: Any) -> str | None:
    """Where a function of the author begins."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    return code and f"{shorten(code.co_filename)}:{code.co_firstlineno}"


def of_field(owner: type, name: str) -> str | None:
    """Where a class has a field. There is none where the source cannot be read."""
    try:
        lines, first = inspect.getsourcelines(owner)
        file = inspect.getsourcefile(owner)
    except (OSError, TypeError, SyntaxError):
        return None
    for number, line in enumerate(lines, start=first):
        if file and re.match(rf"\s+{re.escape(name)}\s*[:=]", line):
            return f"{shorten(file)}:{number}"
    return None


def of_caller() -> str | None:
    """The line of the author that is being executed, where there is one."""
    frame = sys._getframe(1)
    while frame is not None:
        if is_own(frame.f_code.co_filename):
            return f"{shorten(frame.f_code.co_filename)}:{frame.f_lineno}"
        frame = frame.f_back  # type: ignore[assignment]
    return None


def is_called_by_author(through: Collection[str] = _HAND_ON) -> bool:
    """Whether the author asks, and neither a package nor a part of Python that can do without an answer."""
    frame = sys._getframe(1)
    while frame is not None:
        name = frame.f_code.co_filename
        if is_own(name):
            return True
        hands_on = frame.f_globals.get("__name__", "").split(".")[0] in through
        if not hands_on and not _is_of_sdk(name):
            return False
        frame = frame.f_back  # type: ignore[assignment]
    return False


def is_own(filename: str) -> bool:
    """Whether a file is the author's, and none of the SDK, of Python itself or of a package."""
    if filename.startswith("<") or _is_of_sdk(filename):
        return False
    shown = shorten(filename)
    if "site-packages" in shown or "dist-packages" in shown:
        return False
    # The first folder of a component has what the build wrote.
    return not filename.startswith((*_STANDARD, "/0/"))


def shorten(filename: str) -> str:
    """The path within the project."""
    for mounted, folder in roots.items():
        if filename.startswith(mounted):
            return folder + filename[len(mounted) :]
    if roots or not os.path.isabs(filename):
        # A component is in no folder.
        return filename
    try:
        relative = os.path.relpath(filename)
    except (OSError, ValueError):
        return filename
    return relative if not relative.startswith("..") else os.path.basename(filename)


def _is_of_sdk(filename: str) -> bool:
    return os.path.isabs(filename) and os.path.normpath(filename).startswith(_OWN_FOLDER)
