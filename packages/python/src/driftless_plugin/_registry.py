"""What the plugin brings: the decorators that make a component of a function."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, overload

from ._failure import Failure
from ._fit import fit
from ._host import is_component
from ._place import of_function
from ._returns import check as check_return
from ._returns import forgets
from ._schema import NOTHING, Shape, hints_of, shape_of, summary

Function = TypeVar("Function", bound=Callable[..., Any])

#: Parameters whose value is looked up by this name, wherever they stand.
_CONFIG = "config"

_KINDS = (
    "task",
    "facts_collector",
    "template_filter",
    "template_function",
    "log_source",
    "log_parser",
    "log_filter",
    "log_output",
    "command",
)

#: What registers a component of a kind.
_DECORATORS = {kind: "facts" if kind == "facts_collector" else kind for kind in _KINDS}

_OPTIONS = ("name", "type", "description", "config")

_HOOKS = ("initialize", "shutdown", "before_task", "after_task", "on_task_failure")

_MISSING = inspect.Parameter.empty


class Component:
    """A function of the author, and how it is announced and called."""

    def __init__(
        self, kind: str, function: Callable[..., Any], name: str | None, type: str | None, description: str | None, config: Any
    ) -> None:
        noun = kind.replace("_", " ")
        if inspect.isclass(function) or not hasattr(function, "__name__"):
            what = f"the class `{function.__name__}`" if inspect.isclass(function) else f"{function!r}"
            raise TypeError(f"a {noun} is a function, and {what} is none; options of a decorator have names: `@{_DECORATORS[kind]}(name=…)`")
        self.kind = kind
        self.name = name or function.__name__
        self.type = type
        self.description = description if description is not None else summary(function.__doc__)
        # Names become parts of file names and stand in front of dots, so nothing else is let through.
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]{0,63}", self.name):
            raise TypeError(
                f"a {noun} is called by ASCII letters, digits, `-` and `_`, a letter first, at most 64; not {self.name!r}"
            )
        if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
            raise TypeError(f"the {noun} `{self.name}` is asynchronous, and a plugin has nothing to wait for; leave out `async`")
        if kind != "log_source" and inspect.isgeneratorfunction(function):
            raise TypeError(f"the {noun} `{self.name}` is a generator, since it has a `yield`; collect what it yields and return it")
        if kind.startswith("template_") and not is_component() and forgets(function):
            raise TypeError(f"the {noun} `{self.name}` returns nothing, and a template would have nothing to show; write `return` in front of the value")
        self._function = function
        self._read_signature(noun, config)

    @property
    def place(self) -> str | None:
        """Where its function is."""
        return of_function(self._function)

    def definition(self) -> dict[str, Any]:
        """What a `get_*` function says about it."""
        definition = {"name": self.name, "type": self.type, "description": self.description, "config_schema": self.schema}
        return {key: value for key, value in definition.items() if value is not None}

    def call(self, config: Any = None, value: Any = None, arguments: Mapping[str, Any] | None = None) -> Any:
        """Calls the author's function. Arguments that are not given have the defaults of the function."""
        positional: list[Any] = []
        by_name: dict[str, Any] = {}
        for parameter in self._parameters:
            if parameter is self.config_parameter:
                given = config
            elif parameter is self.input_parameter:
                given = value
            else:
                given = (arguments or {}).get(parameter.name, parameter.default)
            if parameter.kind is parameter.KEYWORD_ONLY:
                by_name[parameter.name] = given
            else:
                positional.append(given)
        return self._function(*positional, **by_name)

    def _read_signature(self, noun: str, config: Any) -> None:
        where = f"the {noun} `{self.name}`"
        hints = hints_of(self._function, where)
        self._parameters = list(inspect.signature(self._function).parameters.values())
        if any(parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD) for parameter in self._parameters):
            raise TypeError(f"{where} takes `*args` or `**kwargs`; the host has to know what it takes")
        rest = [parameter for parameter in self._parameters if parameter.name != _CONFIG]
        self.config_parameter = next((parameter for parameter in self._parameters if parameter.name == _CONFIG), None)
        self.input_parameter = None
        is_template = self.kind.startswith("template_")
        if self.kind in ("task", "facts_collector", "log_source") and self.config_parameter is None and rest:
            # Its only parameter is the configuration, by whatever name.
            self.config_parameter = rest.pop(0)
        elif self.kind not in ("task", "facts_collector", "log_source", "template_function") and rest:
            self.input_parameter = rest.pop(0)
        if self.kind == "template_filter" and self.input_parameter is None:
            raise TypeError(f"{where} takes no value to be applied to")
        if rest and not is_template:
            hint = "; a component is a function, and no method of a class" if rest[0].name in ("self", "cls") else ""
            raise TypeError(f"{where} takes `{rest[0].name}`, which the host does not pass{hint}")
        check_return(self.kind, where, hints.get("return", Any))

        def shape(parameter: inspect.Parameter) -> Shape:
            return shape_of(hints.get(parameter.name, Any), f"{self.name}({parameter.name})")

        #: The arguments of a template: name, shape, and whether it may be left out.
        self.arguments = [(parameter.name, shape(parameter), parameter.default is not _MISSING) for parameter in rest]
        for parameter, (_, shaped, _) in zip(rest, self.arguments):
            _check_default(parameter, shaped, where)
        self.input = shape(self.input_parameter) if self.input_parameter else Shape({})
        #: Nothing where the component has no configuration.
        self.config: Shape | None = None
        self.schema: dict[str, Any] | None = None if self.kind == "command" else NOTHING
        if self.config_parameter is None:
            if config is not None:
                raise TypeError(f"{where} has a schema of its configuration, and no parameter `{_CONFIG}` to take it")
            return
        self.config = Shape(dict(config)) if config is not None else shape(self.config_parameter)
        if not _can_be_object(self.config.schema):
            raise TypeError(
                f"{where} takes a configuration that is no object, and a host gives it nothing else: "
                f"annotate `{self.config_parameter.name}` with a dataclass, a TypedDict or a dict[str, …]"
            )
        self.schema = self.config.schema if self.config.schema else {"type": "object"}


def _can_be_object(schema: Mapping[str, Any]) -> bool:
    if "anyOf" in schema:
        return any(_can_be_object(one) for one in schema["anyOf"])
    types = schema.get("type", "object")
    known = schema.get("enum", [{}])
    return "object" in ([types] if isinstance(types, str) else types) and any(isinstance(value, Mapping) for value in known)


def _check_default(parameter: inspect.Parameter, shape: Shape, where: str) -> None:
    # Nothing for `str = None` is as widespread as it is harmless: no schema has the default.
    if parameter.default in (_MISSING, None) or shape.build not in (None, int, float):
        return
    try:
        fit(shape.schema, parameter.default)
    except Failure as failure:
        raise TypeError(f"{where}: the default of `{parameter.name}` does not fit: {failure}") from None


#: Components by kind and by name, in the order in which they were registered.
components: dict[str, dict[str, Component]] = {kind: {} for kind in _KINDS}

#: The author's hooks, by name.
hooks: dict[str, Callable[..., Any]] = {}


def _decorator(kind: str, function: Callable[..., Any] | None, type: str | None = None, **options: Any) -> Any:
    for option in options:
        if option not in _OPTIONS:
            raise TypeError(f"`@{_DECORATORS[kind]}` has no option `{option}`; it has `name`, `description` and `config`")

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        component = Component(kind, function, options.get("name"), type, options.get("description"), options.get("config"))
        if component.name in components[kind]:
            places = f"at {components[kind][component.name].place} and {component.place}"
            raise TypeError(
                f"there are two components of the kind {kind.replace('_', ' ')} that are called `{component.name}`, {places}; "
                f"give one another name: `@{_DECORATORS[kind]}(name=\"…\")`"
            )
        components[kind][component.name] = component
        return function

    return register if function is None else register(function)


@overload
def task(function: Function, /) -> Function: ...
@overload
def task(
    *, name: str | None = None, type: str = "apply", description: str | None = None, config: Mapping[str, Any] | None = None
) -> Callable[[Function], Function]: ...
def task(function: Any = None, /, *, type: str = "apply", **options: Any) -> Any:
    """Does something: ``(config)``. It returns nothing, a message, or a dict of data with perhaps a ``message``."""
    return _decorator("task", function, type, **options)


@overload
def facts(function: Function, /) -> Function: ...
@overload
def facts(
    *, name: str | None = None, description: str | None = None, config: Mapping[str, Any] | None = None
) -> Callable[[Function], Function]: ...
def facts(function: Any = None, /, **options: Any) -> Any:
    """Finds something out: ``(config)``. It returns what is an object in JSON."""
    return _decorator("facts_collector", function, **options)


@overload
def template_filter(function: Function, /) -> Function: ...
@overload
def template_filter(
    *, name: str | None = None, description: str | None = None, config: Mapping[str, Any] | None = None
) -> Callable[[Function], Function]: ...
def template_filter(function: Any = None, /, **options: Any) -> Any:
    """``{{ value | name(…) }}``: ``(value, arguments…)``, and a parameter ``config`` if it has a configuration."""
    return _decorator("template_filter", function, "filter", **options)


@overload
def template_function(function: Function, /) -> Function: ...
@overload
def template_function(
    *, name: str | None = None, description: str | None = None, config: Mapping[str, Any] | None = None
) -> Callable[[Function], Function]: ...
def template_function(function: Any = None, /, **options: Any) -> Any:
    """``{{ name(…) }}``: ``(arguments…)``, and a parameter ``config`` if it has a configuration."""
    return _decorator("template_function", function, "function", **options)


@overload
def log_source(function: Function, /) -> Function: ...
@overload
def log_source(
    *, name: str | None = None, description: str | None = None, config: Mapping[str, Any] | None = None
) -> Callable[[Function], Function]: ...
def log_source(function: Any = None, /, **options: Any) -> Any:
    """Where log lines come from: ``(config)``. It returns lines or entries, usually as a generator."""
    return _decorator("log_source", function, **options)


@overload
def log_parser(function: Function, /) -> Function: ...
@overload
def log_parser(
    *, name: str | None = None, description: str | None = None, config: Mapping[str, Any] | None = None
) -> Callable[[Function], Function]: ...
def log_parser(function: Any = None, /, **options: Any) -> Any:
    """Makes an entry of a line: ``(line)`` or ``(line, config)``. It returns what is an object in JSON."""
    return _decorator("log_parser", function, **options)


@overload
def log_filter(function: Function, /) -> Function: ...
@overload
def log_filter(
    *, name: str | None = None, description: str | None = None, config: Mapping[str, Any] | None = None
) -> Callable[[Function], Function]: ...
def log_filter(function: Any = None, /, **options: Any) -> Any:
    """Keeps an entry or drops it: ``(entry)`` or ``(entry, config)``. It returns a bool."""
    return _decorator("log_filter", function, **options)


@overload
def log_output(function: Function, /) -> Function: ...
@overload
def log_output(
    *, name: str | None = None, description: str | None = None, config: Mapping[str, Any] | None = None
) -> Callable[[Function], Function]: ...
def log_output(function: Any = None, /, **options: Any) -> Any:
    """Where entries go: ``(entry)`` or ``(entry, config)``."""
    return _decorator("log_output", function, **options)


@overload
def command(function: Function, /) -> Function: ...
@overload
def command(*, name: str | None = None, description: str | None = None) -> Callable[[Function], Function]: ...
def command(function: Any = None, /, **options: Any) -> Any:
    """A command that the plugin adds: ``(args)``."""
    return _decorator("command", function, **options)


def hook(function: Function) -> Function:
    """What is called around tasks: a function called ``initialize``, ``shutdown``, ``before_task``, ``after_task`` or ``on_task_failure``."""
    name = getattr(function, "__name__", repr(function))
    if name not in _HOOKS:
        raise TypeError(f"there is no hook `{name}`; there are: {', '.join(_HOOKS)}")
    if name in hooks:
        raise TypeError(f"there are two hooks `{name}`, at {of_function(hooks[name])} and {of_function(function)}; make one of them")
    if inspect.iscoroutinefunction(function):
        raise TypeError(f"the hook `{name}` is asynchronous, and a plugin has nothing to wait for; leave out `async`")
    hooks[name] = function
    return function
