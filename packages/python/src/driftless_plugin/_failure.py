"""Why a component could not do its work, and how that is told."""

from __future__ import annotations

import os
from types import TracebackType

from ._text import well_formed

_OWN_FOLDER = os.path.dirname(os.path.abspath(__file__))

#: Where a component has the author's files, and where the project has them: `/2/` and `src/`. The build says so.
roots: dict[str, str] = {}


class Failure(Exception):
    """A failure that the plugin foresaw: only its message is shown to the user.

    Any other exception is taken for a mistake of the plugin, and the place in its source is shown as well.
    """


class HostError(Failure):
    """Why the host did not do what the plugin asked for.

    ``kind`` is ``denied``, ``not_found``, ``limit``, ``invalid`` or ``failed``.
    """

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def explain(raised: BaseException) -> str:
    """What was raised, in plain words: its message, those of its causes, and for a mistake the place where it happened."""
    return well_formed(_words(raised))


def _words(raised: BaseException) -> str:
    if isinstance(raised, Failure):
        return _with_causes(str(raised), raised)
    if isinstance(raised, SyntaxError) and raised.filename:
        # It happened where the file was read; what is wrong stands elsewhere.
        return f"SyntaxError: {raised.msg}, at {shorten(raised.filename)}:{raised.lineno}"
    kind = type(raised).__name__
    message = str(raised)
    text = _with_causes(f"{kind}: {message}" if message else kind, raised)
    where = place(raised.__traceback__)
    return f"{text}, at {where}" if where else text


def place(trace: TracebackType | None) -> str | None:
    """Where an exception was raised, as ``plugin.py:12``: the innermost line of the author's own files."""
    innermost = None
    while trace is not None:
        # The module `traceback` would look for the text of the lines, and a component has no files.
        frame = (trace.tb_frame.f_code.co_filename, trace.tb_lineno)
        # Where none is the author's, the innermost says more than nothing.
        if innermost is None or is_own(frame[0]) or not is_own(innermost[0]):
            innermost = frame
        trace = trace.tb_next
    return innermost and f"{shorten(innermost[0])}:{innermost[1]}"


def is_own(filename: str) -> bool:
    """Whether a file is the author's, and none of the SDK, of Python itself or of a package."""
    if filename.startswith("<") or "site-packages" in filename:
        return False
    if os.path.abspath(filename).startswith(_OWN_FOLDER + os.sep):
        return False
    # The standard library, in a component and outside of one.
    return not filename.startswith((os.path.dirname(os.path.abspath(os.__file__)) + os.sep, "/python/"))


def shorten(filename: str) -> str:
    """The path within the project."""
    for mounted, folder in roots.items():
        if filename.startswith(mounted):
            return folder + filename[len(mounted) :]
    if not os.path.isabs(filename):
        return filename
    try:
        relative = os.path.relpath(filename)
    except OSError:
        # A component is in no folder.
        return filename
    return relative if not relative.startswith("..") else os.path.basename(filename)


def _with_causes(text: str, raised: BaseException) -> str:
    seen = {id(raised)}
    cause = raised.__cause__
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        message = str(cause)
        # Many errors repeat their cause in their own text.
        if message and message not in text:
            text += f": {message}"
        cause = cause.__cause__
    return text
