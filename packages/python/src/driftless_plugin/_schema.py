"""From the types of an author to JSON Schema, and from JSON to values of those types."""

from __future__ import annotations

import collections.abc
import contextlib
import dataclasses
import enum
import inspect
import json
import sys
import types
import typing
from collections.abc import Iterator
from typing import Any, Callable

from ._failure import Failure, WrongResult
from ._fit import fit
from ._json import write
from ._place import of_field

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


#: Keywords of schemas that look as if they belonged to a field itself.
_KEYWORDS = (
    "enum", "const", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength", "pattern", "format",
    "minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties",
)  # fmt: skip

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
        "Literal[…], enumerations, dataclasses, TypedDict and Any" + _instead(annotation)
    )


def hints_of(owner: Any, where: str) -> dict[str, Any]:
    """The annotations of a class or function, with those that are text looked up."""
    try:
        return typing.get_type_hints(owner, include_extras=True)
    except NameError as error:
        raise TypeError(f"{where}: {error}; an annotation has to name what can be found in the module") from None
    except SyntaxError:
        raise TypeError(f"{where}: an annotation in quotes is no type; write it without quotes") from None


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
    _check_members(owner)
    for field in dataclasses.fields(owner):
        if not field.init:
            continue
        where = f"{owner.__name__}.{field.name}"
        with _place(owner, field.name):
            shape = shapes[field.name] = shape_of(hints[field.name], where, above)
        schema = properties[field.name] = dict(shape.schema)
        _check_metadata(field, where, owner)
        if "description" in field.metadata:
            schema["description"] = field.metadata["description"]
        schema.update(field.metadata.get("schema", {}))
        if field.default is not dataclasses.MISSING:
            with _place(owner, field.name):
                schema["default"] = _default(field.default, shape, hints[field.name], where)
        elif field.default_factory is not dataclasses.MISSING:
            with _place(owner, field.name):
                schema["default"] = _default(field.default_factory(), shape, hints[field.name], where)
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
    shapes = {}
    for name, hint in hints.items():
        with _place(owner, name):
            shapes[name] = shape_of(hint, f"{owner.__name__}.{name}", above)
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


def _default(default: Any, shape: Shape, hint: Any, where: str) -> Any:
    """A default as JSON. A host fills it in and checks it, so one that does not fit would be a configuration that is always refused."""
    try:
        written = json.loads(write(default))
    except WrongResult as wrong:
        raise TypeError(f"{where}: its default cannot be written as JSON: {str(wrong).partition(': ')[2]}") from None
    try:
        fit(shape.schema, written)
    except Failure as failure:
        is_class = isinstance(hint, type) and typing.get_origin(hint) is None
        name = hint.__name__ if is_class else str(hint).replace("typing.", "")
        instead = f"; write `{name} | None`" if default is None else ""
        raise TypeError(f"{where}: its default does not fit: {failure}{instead}") from None
    return written


def _check_members(owner: type) -> None:
    """A value without a type is no field of a dataclass, and no key of a configuration then."""
    annotated = {name for base in owner.__mro__ for name in inspect.get_annotations(base)}
    for name, value in vars(owner).items():
        is_meant = name.islower() and not name.startswith("_") and isinstance(value, (str, bool, int, float, list, dict, type(None)))
        if is_meant and name not in annotated:
            with _place(owner, name):
                raise TypeError(
                    f"{owner.__name__}.{name} has no type, so it is no part of the configuration: "
                    f"write `{name}: {type(value).__name__} = …`, or `{name}: ClassVar = …` if that is meant"
                )


def _check_metadata(field: dataclasses.Field[Any], where: str, owner: type) -> None:
    for key in field.metadata:
        if key in _KEYWORDS:
            with _place(owner, field.name):
                raise TypeError(f'{where}: `{key}` is a part of its schema: write `metadata={{"schema": {{"{key}": …}}}}`')


def _instead(annotation: Any) -> str:
    """What to write instead of a type that has no schema."""
    if not isinstance(annotation, type):
        return ""
    if annotation.__name__ in ("datetime", "date", "time", "Decimal", "Path", "PosixPath", "UUID", "bytes"):
        return "; write str, and make the value of it in `__post_init__`"
    if annotation in (set, frozenset, tuple):
        return "; write list[…]"
    if annotation.__module__ not in sys.stdlib_module_names:
        return f"; make {annotation.__name__} a dataclass, with `@dataclass` above it"
    return ""


@contextlib.contextmanager
def _place(owner: type, name: str) -> Iterator[None]:
    """Says of a mistake where the field is."""
    try:
        yield
    except TypeError as error:
        place = None if hasattr(error, "place") else of_field(owner, name)
        if place is None:
            raise
        told = TypeError(f"{error}, at {place}")
        told.place = place  # type: ignore[attr-defined]
        raise told from None
