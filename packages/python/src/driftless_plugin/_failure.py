"""Why a component could not do its work, and how that is told."""

from __future__ import annotations

from ._advice import advice
from ._place import innermost, shorten
from ._text import well_formed


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


class Unavailable(RuntimeError):
    """What no plugin can do in Python's own way. The message says what there is instead."""


class WrongResult(Exception):
    """What a function of the author returned is nothing that its component may return."""

    #: Where the function is.
    place: str | None = None


def explain(raised: BaseException) -> str:
    """What was raised, in plain words: its message, those of its causes, and for a mistake the place where it happened."""
    return well_formed(_words(raised))


def _words(raised: BaseException) -> str:
    if isinstance(raised, Failure):
        return _with_causes(_message(raised), raised)
    if isinstance(raised, SyntaxError) and raised.filename:
        # It happened where the file was read; what is wrong stands elsewhere.
        return f"SyntaxError: {raised.msg}, at {shorten(raised.filename)}:{raised.lineno}"
    if isinstance(raised, WrongResult):
        return f"{raised}, at {raised.place}" if raised.place else str(raised)
    kind = type(raised).__name__
    message = _message(raised)
    text = _with_causes(f"{kind}: {message}" if message else kind, raised)
    where = innermost(raised.__traceback__)
    text = f"{text}, at {where}" if where else text
    try:
        help = advice(raised)
    except Exception:
        # Its class is the author's, and so may be what it says of itself.
        return text
    return f"{text}; {help}" if help else text


def _message(raised: BaseException) -> str:
    try:
        return str(raised)
    except Exception as error:
        # An exception is a class of the author, and its `__str__` may fail as well.
        return f"its own message fails with {type(error).__name__}"


def _with_causes(text: str, raised: BaseException) -> str:
    seen = {id(raised)}
    cause = raised.__cause__
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        message = _message(cause)
        # Many errors repeat their cause in their own text.
        if message and message not in text:
            text += f": {message}"
        cause = cause.__cause__
    return text
