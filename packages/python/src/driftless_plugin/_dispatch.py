"""From a call of the protocol to the author's function. Each function returns JSON, or raises."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ._arguments import read_arguments
from ._failure import Failure, WrongResult, explain
from ._fit import fit
from ._json import read, write, write_object
from ._place import of_function
from ._registry import Component, components, hooks
from ._schema import Shape
from ._sources import batch

_manifest: dict[str, Any] = {}


def set_manifest(manifest: dict[str, Any]) -> None:
    """Says who the plugin is. The build does, with what stands in `pyproject.toml`."""
    _manifest.clear()
    _manifest.update(manifest)


def get_plugin_metadata() -> str:
    entries = []
    for kind, known in components.items():
        # The protocol has no kind for these yet.
        if kind != "command":
            entries += [{"kind": kind, "name": one.name, "description": one.description or ""} for one in known.values()]
    return write({**_manifest, "components": entries})


def describe() -> str:
    """All that the plugin brings, with the place of each component, for the build: it refuses what can never work."""
    announced = [
        {"kind": kind, "definition": one.definition(), "place": one.place}
        for kind, known in components.items()
        if kind != "command"
        for one in known.values()
    ]
    called = [name for name in hooks if name not in ("initialize", "shutdown")]
    return write({"components": announced, "others": [*called, *components.get("command", {})]})


def get_definitions(*kinds: str) -> str:
    return write([component.definition() for kind in kinds for component in components[kind].values()])


def get_hooks() -> str:
    return write([name for name in hooks if name not in ("initialize", "shutdown")])


def execute_task(name: str, config: str) -> str:
    """Always answers with a task result where the failure is one that the plugin foresaw; a mistake of the plugin is raised."""
    try:
        task = _find("task", name)
        return _returned(task, task.call(config=_config(task, config)), _task_result)
    except Failure as failure:
        return write({"status": "error", "message": explain(failure)})


def execute_facts_collector(name: str, config: str) -> str:
    facts = _find("facts_collector", name)
    return _returned(facts, facts.call(config=_config(facts, config)), write_object)


def execute_log_source(name: str, config: str) -> str:
    source = _find("log_source", name)
    return _returned(source, lambda: source.call(config=_config(source, config)), lambda start: batch(name, config, start))


def execute_log_parser(name: str, config: str, line: str) -> str:
    parser = _find("log_parser", name)
    return _returned(parser, parser.call(config=_config(parser, config), value=line), write_object)


def execute_log_filter(name: str, config: str, entry: str) -> str:
    log_filter = _find("log_filter", name)
    value = _value("the entry", log_filter.input, read("the entry", entry))
    kept = log_filter.call(config=_config(log_filter, config), value=value)
    return _returned(log_filter, kept, _verdict)


def execute_log_output(name: str, config: str, entry: str) -> str:
    output = _find("log_output", name)
    value = _value("the entry", output.input, read("the entry", entry))
    output.call(config=_config(output, config), value=value)
    return "null"


def execute_template_filter(name: str, config: str, value: str, args: str) -> str:
    template_filter = _find("template_filter", name)
    applied_to = _value("the value", template_filter.input, read("the value", value))
    arguments = read_arguments(template_filter.arguments, args)
    returned = template_filter.call(config=_config(template_filter, config), value=applied_to, arguments=arguments)
    return _returned(template_filter, returned, write)


def execute_template_function(name: str, config: str, args: str) -> str:
    function = _find("template_function", name)
    arguments = read_arguments(function.arguments, args)
    return _returned(function, function.call(config=_config(function, config), arguments=arguments), write)


def execute_command(name: str, args: str) -> str:
    command = _find("command", name)
    given = read("its list of arguments", args) if args.strip() else []
    return _returned(command, command.call(value=_value("its list of arguments", command.input, given)), write)


def call_hook(name: str, *values: str) -> str:
    """Calls a hook, with values in JSON. One that the plugin does not have does nothing."""
    called = hooks.get(name)
    if called is None:
        return "null"
    told = [read("what a hook is told", value) if value.strip() else None for value in values]
    return _returned(called, called(*told), write)


def _returned(component: Component | Callable[..., Any], returned: Any, write: Callable[[Any], str]) -> str:
    """Writes what a function of the author returned, or says which function returned something else."""
    try:
        return write(returned)
    except WrongResult as wrong:
        wrong.place = component.place if isinstance(component, Component) else of_function(component)
        raise


def _verdict(kept: Any) -> str:
    if not isinstance(kept, bool):
        raise WrongResult(f"what it returned is neither true nor false: it is of the type {type(kept).__name__}; return a bool")
    return write(kept)


def _find(kind: str, name: str) -> Component:
    component = components[kind].get(name)
    if component is None:
        raise Failure(f"Unknown {kind.replace('_', ' ')}: {name}")
    return component


def _config(component: Component, text: str) -> Any:
    if component.config is None:
        return None
    return _value("its configuration", component.config, read("its configuration", text))


def _value(what: str, shape: Shape, value: Any) -> Any:
    try:
        return shape.value(fit(shape.schema, value))
    except Failure as failure:
        raise Failure(f"{what} does not fit: {failure}") from failure.__cause__


def _task_result(returned: Any) -> str:
    if returned is None:
        return write({"status": "success"})
    if isinstance(returned, str):
        return write({"status": "success", "message": returned})
    if not write(returned).startswith("{"):
        raise WrongResult(f"a task returns nothing, a message, or a dict, and not what is of the type {type(returned).__name__}")
    data = read("what it returned", write(returned))
    status = data.pop("status", "success")
    if status not in ("success", "error"):
        raise WrongResult(f"the status of a task is `success` or `error`, not {status!r}")
    result = {"status": status}
    message = data.pop("message", None)
    if message is not None:
        if not isinstance(message, str):
            raise WrongResult("the message of a task is text")
        result["message"] = message
    return write({**result, **data})
