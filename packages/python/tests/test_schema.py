"""From types to schemas, and from JSON to values."""

from __future__ import annotations

import datetime
import enum
import unittest
from dataclasses import dataclass, field
from typing import Annotated, Any, Dict, List, Literal, Optional, TypedDict, Union

from driftless_plugin._failure import Failure
from driftless_plugin._fit import fit
from driftless_plugin._schema import shape_of


class Level(enum.Enum):
    LOW = "low"
    HIGH = "high"


@dataclass
class Address:
    """Where a person lives."""

    city: str
    number: Optional[int] = None


@dataclass
class Person:
    """A person.

    And more about it.
    """

    name: str = field(metadata={"description": "What they are called"})
    address: Address
    level: Level = Level.LOW
    age: Annotated[int, "In years", {"minimum": 0}] = 0
    mode: Literal["a", "b"] = "a"
    tags: List[str] = field(default_factory=list)
    others: dict[str, Address] = field(default_factory=dict)
    either: Union[int, str, None] = None
    weight: float = 1
    anything: Any = None
    bag: Dict = field(default_factory=dict)


class Entry(TypedDict, total=False):
    status: int
    path: str


@dataclass
class Holder:
    inner: Optional["Holder"] = None


@dataclass
class Checked:
    port: int

    def __post_init__(self) -> None:
        if self.port > 65535:
            raise ValueError(f"{self.port} is no port")


@dataclass
class Wrong:
    when: datetime.date


@dataclass
class WrongKeys:
    numbers: dict[int, str]


@dataclass
class WrongDefault:
    name: str
    times: int = None  # type: ignore[assignment]


@dataclass
class WrongList:
    names: list[str] = field(default_factory=lambda: [1])  # type: ignore[list-item]


@dataclass
class Untyped:
    name: str
    times = 1


@dataclass
class Misplaced:
    name: str = field(metadata={"minLength": 1})


class Plain:
    pass


@dataclass
class HoldsPlain:
    inner: Plain


@dataclass
class Nowhere:
    what: Missing  # noqa: F821


class Schemas(unittest.TestCase):
    maxDiff = None

    def test_a_dataclass_becomes_a_schema(self) -> None:
        address = {
            "type": "object",
            "properties": {"city": {"type": "string"}, "number": {"type": ["integer", "null"], "default": None}},
            "description": "Where a person lives.",
            "required": ["city"],
        }
        self.assertEqual(
            shape_of(Person, "x").schema,
            {
                "type": "object",
                "description": "A person.",
                "properties": {
                    "name": {"type": "string", "description": "What they are called"},
                    "address": address,
                    "level": {"enum": ["low", "high"], "default": "low"},
                    "age": {"type": "integer", "description": "In years", "minimum": 0, "default": 0},
                    "mode": {"enum": ["a", "b"], "default": "a"},
                    "tags": {"type": "array", "items": {"type": "string"}, "default": []},
                    "others": {"type": "object", "additionalProperties": address, "default": {}},
                    "either": {"anyOf": [{"type": "integer"}, {"type": "string"}, {"type": "null"}], "default": None},
                    "weight": {"type": "number", "default": 1},
                    "anything": {"default": None},
                    "bag": {"type": "object", "default": {}},
                },
                "required": ["name", "address"],
            },
        )

    def test_json_becomes_an_instance(self) -> None:
        shape = shape_of(Person, "x")
        given = {"name": "Ada", "address": {"city": "London"}, "level": "high", "others": {"work": {"city": "Bath", "number": 5.0}}}
        person = shape.value(fit(shape.schema, {**given, "weight": 60, "unknown": 1}))
        self.assertEqual(
            person,
            Person("Ada", Address("London"), Level.HIGH, others={"work": Address("Bath", 5)}, weight=60.0),
        )
        self.assertIsInstance(person.weight, float)
        self.assertIsInstance(person.others["work"].number, int)
        # A default is not shared between values.
        person.tags.append("x")
        self.assertEqual(shape.value(fit(shape.schema, given)).tags, [])

    def test_what_does_not_fit_is_named(self) -> None:
        schema = shape_of(Person, "x").schema
        for given, words in (
            ({"name": "Ada"}, "missing field `address`"),
            ({"name": "Ada", "address": {}}, "`address`: missing field `city`"),
            ({"name": "Ada", "address": {"city": "x", "number": True}}, "`address.number`: invalid type: boolean `true`, "),
            ({"name": "Ada", "address": {"city": "x"}, "tags": ["a", 1]}, "`tags[1]`: invalid type: integer `1`, expected a string"),
            ({"name": "Ada", "address": {"city": "x"}, "age": -1}, "`age`: -1 is less than 0"),
            ({"name": "Ada", "address": {"city": "x"}, "level": "top"}, "`level`: unknown variant `top`, expected `low` or `high`"),
        ):
            with self.assertRaises(Failure) as raised:
                fit(schema, given)
            self.assertTrue(str(raised.exception).startswith(words), raised.exception)

    def test_a_typed_dict_stays_a_dict(self) -> None:
        shape = shape_of(Entry, "x")
        self.assertEqual(shape.schema["properties"], {"status": {"type": "integer"}, "path": {"type": "string"}})
        self.assertNotIn("required", shape.schema)
        self.assertEqual(shape.value(fit(shape.schema, {"status": 404})), {"status": 404})

    def test_what_a_class_refuses_does_not_fit(self) -> None:
        shape = shape_of(Checked, "x")
        with self.assertRaisesRegex(Failure, "70000 is no port"):
            shape.value(fit(shape.schema, {"port": 70000}))

    def test_a_type_that_cannot_be_is_named(self) -> None:
        for owner, words in (
            (Wrong, r"^Wrong.when: date cannot be part of a configuration.*; write str, .*, at .*test_schema.py:\d+$"),
            (WrongKeys, r"^WrongKeys.numbers: the keys of an object are text"),
            (WrongDefault, r"^WrongDefault.times: its default does not fit: .* expected an integer; write `int \| None`, at .*:\d+$"),
            (WrongList, r"^WrongList.names: its default does not fit: `\[0\]`: invalid type: integer `1`, expected a string, at "),
            (Untyped, r"^Untyped.times has no type.*write `times: int = …`.*, at .*:\d+$"),
            (Misplaced, r"^Misplaced.name: `minLength` is a part of its schema: write `metadata=\{\"schema\": \{\"minLength\": …\}\}`, at "),
            (HoldsPlain, "make Plain a dataclass"),
            (Holder, "^Holder.inner: Holder holds itself"),
            (Nowhere, "^Nowhere: name 'Missing' is not defined"),
        ):
            with self.assertRaisesRegex(TypeError, words):
                shape_of(owner, "x")


if __name__ == "__main__":
    unittest.main()
