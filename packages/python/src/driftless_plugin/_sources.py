"""Log sources: the author's iterable, handed over in batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ._failure import WrongResult
from ._json import write

#: How much of JSON one call returns, about: enough to make the call's own cost small, little enough to stay far below every limit.
_BATCH = 128 << 10

#: Sources between two calls, by name and configuration: the records that the next call brings, or the failure.
_running: dict[tuple[str, str], Iterator[Any] | BaseException] = {}


def batch(name: str, config: str, start: Callable[[], Any]) -> str:
    """The next batch of a source, which ``start`` starts where it is not running yet.

    Where the source fails, the records before the failure are handed over as a batch that promises more, and the next call brings the
    failure. After its end, and after a failure, a source starts anew.
    """
    key = (name, config)
    resumed = _running.pop(key, None)
    if isinstance(resumed, BaseException):
        raise resumed
    iterator = resumed if resumed is not None else _iterate(start())
    records, following = _fill(iterator)
    if following is not None:
        _running[key] = following
    return f'{{"records":[{",".join(records)}],"more":{"false" if following is None else "true"}}}'


def _fill(iterator: Iterator[Any]) -> tuple[list[str], Iterator[Any] | BaseException | None]:
    records: list[str] = []
    size = 0
    try:
        while size < _BATCH:
            try:
                record = write(next(iterator))
            except StopIteration:
                return records, None
            records.append(record)
            size += len(record) + 1
    except BaseException as raised:
        if not records:
            raise
        return records, raised
    return records, iterator


def _iterate(records: Any) -> Iterator[Any]:
    if isinstance(records, (str, bytes, dict)) or not hasattr(records, "__iter__"):
        raise WrongResult("what it returned is no list of records, and no generator of them")
    return iter(records)
