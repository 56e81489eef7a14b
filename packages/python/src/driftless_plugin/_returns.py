"""Whether a function can return what its component has to, as far as its annotation says."""

from __future__ import annotations

import collections.abc
import dataclasses
import inspect
import textwrap
import types
import typing
from collections.abc import Callable
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


def forgets(function: Callable[..., Any]) -> bool:
    """Whether a function can return nothing but ``None``, and not because it always raises. What has no source is let through."""
    # Only the build asks, and a component is not to bring it along.
    import ast

    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    except (OSError, TypeError, SyntaxError):
        return False
    body = getattr(tree.body[0], "body", None)
    # `...` says that there is nothing yet.
    if not isinstance(body, list) or isinstance(body[-1], ast.Raise) or ast.dump(body[-1]) == "Expr(value=Constant(value=Ellipsis))":
        return False
    return not any(_returns(statement) for statement in body)


def _returns(node: Any) -> bool:
    """Whether there is a ``return`` with something behind it, in this function and not in one that it defines."""
    import ast

    if isinstance(node, ast.Return):
        return node.value is not None
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
        return False
    return any(_returns(child) for child in ast.iter_child_nodes(node))


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
