"""What a component exports. The build imports this before the plugin."""

from __future__ import annotations

import posix
from collections.abc import Callable
from typing import Any, NoReturn

from componentize_py_types import Err

from . import _dispatch, _machine, _place
from ._advice import advice_on_import
from ._failure import explain

_machine.replace()


def explain_import(raised: BaseException) -> None:
    """Adds what to do about what the plugin raised while it was loaded, for the build to show."""
    told = advice_on_import(raised)
    if told:
        raised.add_note(told)


def set_project(manifest: dict[str, Any], roots: dict[str, str]) -> None:
    """Says who the plugin is, and which folder of the project stands where in the component: ``{"/2/": "src/"}``."""
    _dispatch.set_manifest(manifest)
    _place.roots.update(roots)
    _machine.finish()


def _answer(run: Callable[..., str], *arguments: Any) -> str:
    _machine.start()
    try:
        return run(*arguments)
    except MemoryError:
        _end_without_memory()
    except BaseException as raised:
        # Whatever is raised and is no `Err` would end the component without a word.
        raise Err(_explained(raised)) from None
    finally:
        _machine.flush()


def _explained(raised: BaseException) -> str:
    try:
        return explain(raised)
    except MemoryError:
        _end_without_memory()
    except BaseException:
        # There may be no stack left to say more.
        return type(raised).__name__


def _end_without_memory() -> NoReturn:
    """Ends the component as a C library without memory does: the host, which has refused some, tells its limit.

    Python refuses by itself what is larger than it could count. Asking for all the same is what the host is to see then.
    """
    held = []
    try:
        while True:
            held.append(bytearray((1 << 31) - 64))
    finally:
        posix.abort()


class WitWorld:
    """The functions of the protocol."""

    def get_plugin_metadata(self) -> str:
        return _answer(_dispatch.get_plugin_metadata)

    def get_task_definitions(self) -> str:
        return _answer(_dispatch.get_definitions, "task")

    def get_facts_collectors(self) -> str:
        return _answer(_dispatch.get_definitions, "facts_collector")

    def get_template_extensions(self) -> str:
        return _answer(_dispatch.get_definitions, "template_filter", "template_function")

    def get_log_sources(self) -> str:
        return _answer(_dispatch.get_definitions, "log_source")

    def get_log_parsers(self) -> str:
        return _answer(_dispatch.get_definitions, "log_parser")

    def get_log_filters(self) -> str:
        return _answer(_dispatch.get_definitions, "log_filter")

    def get_log_outputs(self) -> str:
        return _answer(_dispatch.get_definitions, "log_output")

    def get_commands(self) -> str:
        return _answer(_dispatch.get_definitions, "command")

    def get_hooks(self) -> str:
        return _answer(_dispatch.get_hooks)

    def execute_task(self, name: str, config: str) -> str:
        return _answer(_dispatch.execute_task, name, config)

    def execute_facts_collector(self, name: str, config: str) -> str:
        return _answer(_dispatch.execute_facts_collector, name, config)

    def execute_log_source(self, name: str, config: str) -> str:
        return _answer(_dispatch.execute_log_source, name, config)

    def execute_log_parser(self, name: str, config: str, line: str) -> str:
        return _answer(_dispatch.execute_log_parser, name, config, line)

    def execute_log_filter(self, name: str, config: str, entry: str) -> str:
        return _answer(_dispatch.execute_log_filter, name, config, entry)

    def execute_log_output(self, name: str, config: str, entry: str) -> str:
        return _answer(_dispatch.execute_log_output, name, config, entry)

    def execute_template_filter(self, name: str, config: str, value: str, args: str) -> str:
        return _answer(_dispatch.execute_template_filter, name, config, value, args)

    def execute_template_function(self, name: str, config: str, args: str) -> str:
        return _answer(_dispatch.execute_template_function, name, config, args)

    def execute_command(self, name: str, args: str) -> str:
        return _answer(_dispatch.execute_command, name, args)

    def initialize(self, config: str) -> str:
        return _answer(_dispatch.call_hook, "initialize", config)

    def driftless_shutdown(self) -> str:
        # The name `shutdown` is one of the C library's, so the build gives it to the export afterwards.
        return _answer(_dispatch.call_hook, "shutdown")

    def before_task(self, context: str) -> str:
        return _answer(_dispatch.call_hook, "before_task", context)

    def after_task(self, context: str, task_result: str) -> str:
        return _answer(_dispatch.call_hook, "after_task", context, task_result)

    def on_task_failure(self, context: str, error: str) -> str:
        return _answer(_dispatch.call_hook, "on_task_failure", context, error)
