"""The arguments of a template extension: ``{{ 5 | f(1, unit="m") }}``."""

from __future__ import annotations

from typing import Any

from ._failure import Failure
from ._fit import fit
from ._json import read
from ._schema import Shape

#: The two forms of a list of arguments.
_LIST = {
    "type": ["array", "object"],
    "properties": {"positional": {"type": "array", "default": []}, "keyword": {"type": "object", "default": {}}},
    "additionalProperties": False,
}


def read_arguments(definitions: list[tuple[str, Shape, bool]], text: str) -> dict[str, Any]:
    """The arguments that are given, by name; an empty text is no arguments.

    ``text`` is ``args_json`` of the protocol: an array, or an object of ``positional`` and ``keyword``.
    """
    positional, keyword = _split(read("its list of arguments", text) if text.strip() else [])
    names = [name for name, _, _ in definitions]
    taken = {}
    for place, (name, shape, is_optional) in enumerate(definitions):
        by_place = place < len(positional)
        if by_place and name in keyword:
            raise Failure(f"the argument `{name}` is given twice")
        if by_place or name in keyword:
            taken[name] = _take(name, shape, positional[place] if by_place else keyword[name])
        elif not is_optional:
            raise Failure(f"the argument `{name}` is missing")
    known = f"it takes: {', '.join(names)}" if names else "it takes none"
    for name in keyword:
        if name not in names:
            raise Failure(f"there is no argument `{name}`; {known}")
    if len(positional) > len(names):
        raise Failure(f"there are too many arguments; {known}")
    return taken


def _take(name: str, shape: Shape, value: Any) -> Any:
    try:
        return shape.value(fit(shape.schema, value))
    except Failure as failure:
        raise Failure(f"the argument `{name}` does not fit: {failure}") from None


def _split(given: Any) -> tuple[list[Any], dict[str, Any]]:
    try:
        fitted = fit(_LIST, given)
    except Failure as failure:
        raise Failure(f"its list of arguments does not fit: {failure}") from None
    return (fitted, {}) if isinstance(fitted, list) else (fitted["positional"], fitted["keyword"])
