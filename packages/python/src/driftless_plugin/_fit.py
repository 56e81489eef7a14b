"""Whether a value fits a schema, as far as a plugin has to know.

The host has checked a configuration against the whole schema before the plugin sees it. This is for what reaches a plugin otherwise:
arguments in templates, entries, and calls in tests.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from typing import Any

from ._failure import Failure

_WANTED = {
    "string": "a string",
    "integer": "an integer",
    "number": "a number",
    "boolean": "a boolean",
    "object": "an object",
    "array": "an array",
    "null": "null",
}


def fit(schema: Any, value: Any, field: str = "") -> Any:
    """The value, with the defaults of the schema where it leaves something out.

    It looks at ``type``, ``enum``, ``const``, ``minimum``, ``maximum``, ``properties``, ``required``, ``additionalProperties``, ``items``
    and ``anyOf``, and raises a ``Failure`` that says what does not fit, and in which field.
    """
    if not isinstance(schema, Mapping):
        return value
    if "anyOf" in schema:
        return _fit_any(schema["anyOf"], value, field)
    if "type" in schema:
        types: list[str] = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        if not any(_is_a(kind, value) for kind in types):
            wanted = " or ".join(_WANTED.get(kind, kind) for kind in types)
            raise _misfit(field, f"invalid type: {_describe(value)}, expected {wanted}")
    if "enum" in schema and not any(_same(known, value) for known in schema["enum"]):
        raise _misfit(field, f"unknown variant {_quote(value)}, expected {_any_of(schema['enum'])}")
    if "const" in schema and not _same(schema["const"], value):
        raise _misfit(field, f"it is not {json.dumps(schema['const'])}")
    if _is_a("number", value):
        if value < schema.get("minimum", value):
            raise _misfit(field, f"{value} is less than {schema['minimum']}")
        if value > schema.get("maximum", value):
            raise _misfit(field, f"{value} is more than {schema['maximum']}")
    if isinstance(value, list) and "items" in schema:
        return [fit(schema["items"], item, f"{field}[{place}]") for place, item in enumerate(value)]
    if isinstance(value, dict):
        return _fit_object(schema, value, field)
    return value


def _fit_object(schema: Mapping[str, Any], value: dict[str, Any], field: str) -> dict[str, Any]:
    properties = schema.get("properties", {})
    rest = schema.get("additionalProperties")
    fitted = {}
    for name, given in value.items():
        if name in properties:
            fitted[name] = fit(properties[name], given, _inside(field, name))
        elif rest is False:
            known = f"expected {_any_of(list(properties))}" if properties else "there are no fields"
            raise _misfit(field, f"unknown field `{name}`, {known}")
        else:
            fitted[name] = fit(rest, given, _inside(field, name))
    for name, schema_of_property in properties.items():
        if name not in fitted and isinstance(schema_of_property, Mapping) and "default" in schema_of_property:
            fitted[name] = copy.deepcopy(schema_of_property["default"])
    for name in schema.get("required", ()):
        if name not in fitted:
            raise _misfit(field, f"missing field `{name}`")
    return fitted


def _fit_any(schemas: list[Any], value: Any, field: str) -> Any:
    failures = []
    for schema in schemas:
        try:
            return fit(schema, value, field)
        except Failure as failure:
            failures.append(failure)
    # The first is what the author thought of first.
    raise failures[0]


def _inside(field: str, name: str) -> str:
    return f"{field}.{name}" if field else name


def _misfit(field: str, why: str) -> Failure:
    return Failure(f"`{field}`: {why}" if field else why)


def _is_a(kind: str, value: Any) -> bool:
    if kind == "null":
        return value is None
    if kind == "boolean":
        return isinstance(value, bool)
    if kind == "integer":
        return _is_a("number", value) and (isinstance(value, int) or value.is_integer())
    if kind == "number":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return isinstance(value, {"string": str, "array": list, "object": dict}.get(kind, object))


def _same(a: Any, b: Any) -> bool:
    # To Python, 1 and True are the same.
    return a == b and isinstance(a, bool) == isinstance(b, bool)


def _describe(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return f"boolean `{json.dumps(value)}`"
    if isinstance(value, int):
        return f"integer `{value}`"
    if isinstance(value, float):
        return f"floating point `{value}`"
    if isinstance(value, str):
        return f"string {json.dumps(value, ensure_ascii=False)}"
    return "sequence" if isinstance(value, list) else "map"


def _quote(value: Any) -> str:
    return f"`{value if isinstance(value, str) else json.dumps(value)}`"


def _any_of(values: list[Any]) -> str:
    quoted = [_quote(value) for value in values]
    if len(quoted) == 2:
        return " or ".join(quoted)
    return ("one of " if len(quoted) > 2 else "") + ", ".join(quoted)
