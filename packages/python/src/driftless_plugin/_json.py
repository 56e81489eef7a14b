"""JSON in, JSON out, with failures in the words of the protocol."""

from __future__ import annotations

import dataclasses
import enum
import json
import math
from typing import Any

from ._failure import Failure
from ._text import well_formed


def read(what: str, text: str) -> Any:
    """Reads JSON that the host handed over."""
    try:
        return json.loads(text, parse_constant=_no_constant)
    except ValueError:
        # The place is one in JSON that the host wrote. It tells the user nothing.
        raise Failure(f"{what} does not fit: it is no JSON") from None


def write(value: Any) -> str:
    """Writes what an author's function returned. Dataclasses and enumerations are written as what they hold."""
    try:
        try:
            text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_plain, allow_nan=False)
        except ValueError:
            text = json.dumps(_finite(value), ensure_ascii=False, separators=(",", ":"), default=_plain, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise Failure(f"what it returned cannot be written as JSON: {error}") from None
    return well_formed(text)


def write_object(value: Any) -> str:
    """Writes what has to be an object."""
    text = write(value)
    if not text.startswith("{"):
        raise Failure("what it returned is not a JSON object")
    return text


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, (set, frozenset)):
        return list(value)
    raise TypeError(f"{type(value).__name__} is no type of JSON")


def _finite(value: Any) -> Any:
    """Numbers that JSON does not have become null, as in other languages."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        value = _plain(value)
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    return value


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")
