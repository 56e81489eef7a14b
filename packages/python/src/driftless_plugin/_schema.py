"""From the types of an author to JSON Schema, and from JSON to values of those types."""

from __future__ import annotations

import collections.abc
import dataclasses
import enum
import inspect
import json
import types
import typing
from typing import Any, Callable

from ._failure import Failure
from ._json import write

#: The schema of a component without configuration: any key is one too many.
NOTHING = {"type": "object", "additionalProperties": False}

_SIMPLE: dict[Any, dict[str, Any]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    type(None): {"type": "null"},
    dict: {"type": "object"},
    list: {"type": "array"},
    Any: {},
    object: {},
    inspect.Parameter.empty: {},
}


#: What says of a key of a TypedDict whether it has to be there, from Python 3.11 on.
_MARKS = tuple(getattr(typing, name) for name in ("Required", "NotRequired") if hasattr(typing, name))


class Shape:
    """A type: its schema, and the way from JSON that fits the schema to a value of it."""

    def __init__(self, schema: dict[str, Any], build: Callable[[Any], Any] | None = None) -> None:
        self.schema = schema
        #: Nothing where JSON is the value already.
        self.build = build

    def value(self, fitted: Any) -> Any:
        """The value that this JSON stands for."""
        return fitted if self.build is None else self.build(fitted)


def shape_of(annotation: Any, where: str, above: tuple[type, ...] = ()) -> Shape:
    """The shape of a type. ``where`` names the class and the field for messages, ``above`` the classes that it stands in.

    It raises a ``TypeError`` for a type that a configuration cannot have.
    """
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if not arguments and origin in (dict, list):
        # `typing.Dict` without more is `dict`.
        annotation, origin = origin, None
    if origin is None and annotation in _SIMPLE:
        # JSON writes 1.0 as 1, and other languages do not tell them apart.
        return Shape(dict(_SIMPLE[annotation]), {int: int, float: float}.get(annotation))
    if origin is typing.Annotated:
        return _described(shape_of(arguments[0], where, above), arguments[1:])
    if origin in _MARKS:
        return shape_of(arguments[0], where, above)
    if origin in (typing.Union, types.UnionType):
        return _union(arguments, where, above)
    if origin is typing.Literal:
        return Shape({"enum": list(arguments)})
    if origin in (list, collections.abc.Sequence, collections.abc.Iterable):
        return _list(arguments, where, above)
    if origin in (dict, collections.abc.Mapping):
        return _dict(arguments, where, above)
    if isinstance(annotation, type):
        if annotation in above:
            raise TypeError(f"{where}: {annotation.__name__} holds itself, and a configuration cannot")
        if issubclass(annotation, enum.Enum):
            return Shape({"enum": [member.value for member in annotation]}, annotation)
        if dataclasses.is_dataclass(annotation):
            return _dataclass(annotation, (*above, annotation))
        if typing.is_typeddict(annotation):
            return _typed_dict(annotation, (*above, annotation))
    name = annotation.__name__ if isinstance(annotation, type) else annotation
    raise TypeError(
        f"{where}: {name} cannot be part of a configuration; there are str, int, float, bool, list[…], dict[str, …], Optional[…], "
        "Literal[…], enumerations, dataclasses, TypedDict and Any"
    )


def hints_of(owner: Any, where: str) -> dict[str, Any]:
    """The annotations of a class or function, with those that are text looked up."""
    try:
        return typing.get_type_hints(owner, include_extras=True)
    except NameError as error:
        raise TypeError(f"{where}: {error}; an annotation has to name what can be found in the module") from None


def summary(documentation: str | None) -> str | None:
    """The first paragraph of a docstring, on one line."""
    if not documentation:
        return None
    paragraph = inspect.cleandoc(documentation).split("\n\n", 1)[0]
    return " ".join(paragraph.split()) or None


def _described(shape: Shape, metadata: tuple[Any, ...]) -> Shape:
    """``Annotated[int, "what it is", {"minimum": 0}]``: a text describes, a dict is more schema."""
    for more in metadata:
        if isinstance(more, str):
            shape.schema["description"] = more
        elif isinstance(more, dict):
            shape.schema.update(more)
    return shape


def _union(arguments: tuple[Any, ...], where: str, above: tuple[type, ...]) -> Shape:
    members = [shape_of(argument, where, above) for argument in arguments if argument is not type(None)]
    is_optional = type(None) in arguments
    if len(members) == 1 and is_optional:
        member = members[0]
        build = None if member.build is None else lambda value: None if value is None else member.value(value)
        if set(member.schema) == {"type"} and isinstance(member.schema["type"], str):
            return Shape({"type": [member.schema["type"], "null"]}, build)
        return Shape({"anyOf": [member.schema, {"type": "null"}]}, build)
    if any(member.build for member in members if member.schema.get("type") not in ("integer", "number")):
        raise TypeError(f"{where}: of a class, only `… | None` can be a part of a configuration")
    schemas = [member.schema for member in members] + ([{"type": "null"}] if is_optional else [])
    return Shape({"anyOf": schemas})


def _list(arguments: tuple[Any, ...], where: str, above: tuple[type, ...]) -> Shape:
    item = shape_of(arguments[0], where, above)
    build = None if item.build is None else lambda values: [item.value(value) for value in values]
    return Shape({"type": "array", "items": item.schema}, build)


def _dict(arguments: tuple[Any, ...], where: str, above: tuple[type, ...]) -> Shape:
    if arguments[0] is not str:
        raise TypeError(f"{where}: the keys of an object are text, so this has to be a dict[str, …]")
    item = shape_of(arguments[1], where, above)
    build = None if item.build is None else lambda values: {key: item.value(value) for key, value in values.items()}
    schema: dict[str, Any] = {"type": "object"}
    if item.schema:
        schema["additionalProperties"] = item.schema
    return Shape(schema, build)


def _dataclass(owner: type, above: tuple[type, ...]) -> Shape:
    hints = hints_of(owner, owner.__name__)
    shapes: dict[str, Shape] = {}
    properties: dict[str, Any] = {}
    required: list[str] = []
    for field in dataclasses.fields(owner):
        if not field.init:
            continue
        where = f"{owner.__name__}.{field.name}"
        shape = shapes[field.name] = shape_of(hints[field.name], where, above)
        schema = properties[field.name] = dict(shape.schema)
        if "description" in field.metadata:
            schema["description"] = field.metadata["description"]
        schema.update(field.metadata.get("schema", {}))
        if field.default is not dataclasses.MISSING:
            schema["default"] = _as_json(field.default, where)
        elif field.default_factory is not dataclasses.MISSING:
            schema["default"] = _as_json(field.default_factory(), where)
        else:
            required.append(field.name)

    def build(values: dict[str, Any]) -> Any:
        given = {name: shape.value(values[name]) for name, shape in shapes.items() if name in values}
        try:
            return owner(**given)
        except ValueError as error:
            # What `__post_init__` refuses is a configuration that does not fit.
            raise Failure(str(error)) from error

    return Shape(_object(owner, properties, required), build)


def _typed_dict(owner: Any, above: tuple[type, ...]) -> Shape:
    hints = hints_of(owner, owner.__name__)
    shapes = {name: shape_of(hint, f"{owner.__name__}.{name}", above) for name, hint in hints.items()}
    required = [name for name in hints if name in owner.__required_keys__]
    schema = _object(owner, {name: shape.schema for name, shape in shapes.items()}, required)
    if all(shape.build is None for shape in shapes.values()):
        return Shape(schema)
    return Shape(schema, lambda values: {name: shapes[name].value(value) for name, value in values.items()})


def _object(owner: Any, properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "object", "properties": properties}
    # A dataclass without a docstring has one that repeats its signature.
    description = summary(owner.__doc__)
    if description and not description.startswith(f"{owner.__name__}("):
        schema["description"] = description
    if required:
        schema["required"] = required
    return schema


def _as_json(default: Any, where: str) -> Any:
    try:
        return json.loads(write(default))
    except Failure as failure:
        raise TypeError(f"{where}: its default cannot be written as JSON: {failure}") from None
