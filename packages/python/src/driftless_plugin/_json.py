"""JSON in, JSON out, with failures in the words of the protocol."""

from __future__ import annotations

import dataclasses
import enum
import json
import math
import re
import sys
from typing import Any

from ._failure import Failure, WrongResult
from ._text import well_formed

#: Integers that a host can read: those of 64 bits, with a sign or without.
_INTEGERS = range(-(2**63), 2**64)

#: How deep it is looked into a value for what is wrong with it. No host takes that much.
_MAX_DEPTH = 200

#: Where a number of more than 64 bits may be.
_LONG = re.compile(r"\d{19}")

#: What to write instead of a value that has no form in JSON, by module and class. Only modules that are loaded are looked at.
_INSTEAD = (
    ("datetime", ("date", "time"), "`.isoformat()`"),
    ("datetime", ("timedelta",), "`.total_seconds()`"),
    ("decimal", ("Decimal",), "`str(…)`, which keeps its digits, or `float(…)`"),
    ("fractions", ("Fraction",), "`float(…)`"),
    ("builtins", ("bytes", "bytearray", "memoryview"), "`.decode()` where it is text, or `base64.b64encode(…).decode()`"),
    ("uuid", ("UUID",), "`str(…)`"),
    ("pathlib", ("PurePath",), "`str(…)`"),
    ("ipaddress", ("_IPAddressBase",), "`str(…)`"),
    ("collections.abc", ("Mapping",), "`dict(…)`"),
    ("collections.abc", ("Coroutine",), "what a function without `async` returns"),
    ("collections.abc", ("Iterator", "Set", "Sequence", "ValuesView"), "`list(…)`"),
    ("builtins", ("BaseException",), "`str(…)`"),
    ("types", ("FunctionType", "BuiltinFunctionType", "MethodType"), "what it returns: call it"),
    ("builtins", ("type",), "`.__name__`"),
    ("builtins", ("complex",), "its `.real` and `.imag`"),
)


def read(what: str, text: str) -> Any:
    """Reads JSON that the host handed over."""
    try:
        return json.loads(text, parse_constant=_no_constant)
    except ValueError:
        # The place is one in JSON that the host wrote. It tells the user nothing.
        raise Failure(f"{what} does not fit: it is no JSON") from None


def write(value: Any) -> str:
    """Writes what an author's function returned, or raises a ``WrongResult`` with the path of what has no form in JSON.

    Dataclasses and enumerations are written as what they hold, tuples as lists, and sets as sorted lists. Keys that are numbers become text.
    """
    try:
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_plain, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        why = _misfit(value, "", ()) or str(error)
        raise WrongResult(f"what it returned cannot be written as JSON: {why}") from None
    if _LONG.search(text):
        why = _misfit(value, "", ())
        if why:
            raise WrongResult(f"what it returned cannot be written as JSON: {why}")
    return well_formed(text)


def write_object(value: Any) -> str:
    """Writes what has to be an object."""
    text = write(value)
    if not text.startswith("{"):
        raise WrongResult(f"what it returned is not a JSON object: it is {_kind(value)}; return a dict or a dataclass")
    return text


def _kind(value: Any) -> str:
    if value is None:
        return "None, as of a function without `return`"
    return f"of the type {type(value).__name__}"


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _fields(value)
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} is no type of JSON")


def _fields(value: Any) -> dict[str, Any]:
    return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}


def _misfit(value: Any, path: str, above: tuple[int, ...]) -> str | None:
    """What of a value has no form in JSON, with its path and what to write instead."""
    if value is None or isinstance(value, (str, bool)):
        return None
    if isinstance(value, enum.Enum):
        return _misfit(value.value, path, above)
    if isinstance(value, int):
        return None if value in _INTEGERS else _told(path, "is an integer of more than 64 bits", "`str(…)`, which keeps its digits")
    if isinstance(value, float):
        return None if math.isfinite(value) else _told(path, f"is `{value}`, which is no number", "`None`")
    if id(value) in above:
        return _told(path, "holds itself", "a copy")
    if len(above) > _MAX_DEPTH:
        return f"its lists and objects are nested deeper than {_MAX_DEPTH}"
    above = (*above, id(value))
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        items = list(_fields(value).items())
    elif isinstance(value, dict):
        wrong = next((key for key in value if not isinstance(key, (str, int, float, type(None)))), None)
        if wrong is not None:
            return _told(path, f"is a dict with a key of the type {type(wrong).__name__}", "`str(…)` for its keys")
        items = list(value.items())
    elif isinstance(value, (list, tuple)):
        return next((why for place, item in enumerate(value) if (why := _misfit(item, f"{path}[{place}]", above))), None)
    elif isinstance(value, (set, frozenset)):
        try:
            sorted(value)
        except TypeError:
            return _told(path, "is a set of what has no order", "`list(…)`")
        return next((why for item in value if (why := _misfit(item, f"{path}[…]", above))), None)
    else:
        return _told(path, f"is of the type {type(value).__name__}", _instead(value))
    return next((why for key, item in items if (why := _misfit(item, f"{path}.{key}" if path else str(key), above))), None)


def _instead(value: Any) -> str:
    if hasattr(value, "model_dump"):
        return '`.model_dump(mode="json")`'
    for module, names, words in _INSTEAD:
        kinds = tuple(getattr(sys.modules[module], name) for name in names) if module in sys.modules else ()
        if isinstance(value, kinds):
            return words
    return "a dict of what it holds, or make its class a dataclass"


def _told(path: str, what: str, instead: str) -> str:
    return f"{f'`{path}`' if path else 'it'} {what}; write {instead}"


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")
