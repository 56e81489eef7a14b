"""Whether a function can return what its component has to, as far as its annotation says."""

from __future__ import annotations

import collections.abc
import dataclasses
import types
import typing
from typing import Any

_OBJECT = ("an object", "return a dict, a dataclass or a TypedDict")

#: What the components of a kind have to return, in JSON and in Python.
_WANTED = {
    "task": ({"null", "string", "object"}, "nothing, a message or a dict", "return one of these"),
    "facts_collector": ({"object"}, *_OBJECT),
    "log_parser": ({"object"}, *_OBJECT),
    "log_filter": ({"boolean"}, "a bool", "return whether the entry is kept"),
    "log_source": ({"array"}, "lines or entries", "return a list of them, or write a generator"),
}

_SIMPLE: dict[Any, str] = {
    None: "null",
    type(None): "null",
    str: "string",
    bytes: "none",
    bool: "boolean",
    int: "number",
    float: "number",
    complex: "none",
    dict: "object",
    list: "array",
    tuple: "array",
    set: "array",
    frozenset: "array",
}


def check(kind: str, where: str, annotation: Any) -> None:
    """Raises a ``TypeError`` where a component can never work. What is not certain is let through."""
    if kind not in _WANTED:
        return
    wanted, words, instead = _WANTED[kind]
    returned = _forms(annotation)
    if returned is not None and not returned & wanted:
        # To Python 3.10, `list[str]` is a class.
        is_class = isinstance(annotation, type) and typing.get_origin(annotation) is None
        name = "None" if annotation in (None, type(None)) else annotation.__name__ if is_class else annotation
        raise TypeError(f"{where} returns {name}, and has to return {words}; {instead}")


def _forms(annotation: Any) -> set[str] | None:
    """What values of a type are in JSON; ``None`` where they can be anything."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return _forms(arguments[0])
    if origin in (typing.Union, types.UnionType):
        all = [_forms(argument) for argument in arguments]
        return None if None in all else set().union(*filter(None, all))
    if origin is typing.Literal:
        return set().union(*(_forms(type(value)) or set() for value in arguments))
    plain = annotation if origin is None else origin
    if plain in _SIMPLE:
        return {_SIMPLE[plain]}
    if not isinstance(plain, type) or plain is object:
        return None
    if dataclasses.is_dataclass(plain) or typing.is_typeddict(plain) or issubclass(plain, collections.abc.Mapping):
        return {"object"}
    if plain.__module__ == "collections.abc" and issubclass(plain, collections.abc.Iterable):
        return {"array"}
    return None
