"""Tests of plugins, without touching the machine that runs them.

A ``FakeHost`` has the files, variables, responses and outputs of commands that the test gives it, and answers as long as its ``with`` lasts.
The functions are those that a host calls, with values instead of JSON; what a component refuses is raised as an ``Error`` with its words.

    with FakeHost().file("/etc/hostname", "moon\\n") as host:
        assert execute_facts_collector("hostname") == {"name": "moon"}
    assert host.calls == ["read /etc/hostname"]
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from . import _dispatch, _host
from ._failure import HostError, explain
from .http import Response
from .process import Output


class Error(Exception):
    """What a component refuses, in the words that a host hears."""


@dataclass(frozen=True)
class Request:
    """Something that a plugin asked for."""

    #: In words: ``read /srv/x``, ``write /srv/x``, ``var TOKEN``, ``GET https://example.com/``, ``run git status``.
    what: str
    #: The headers of an HTTP request.
    headers: list[tuple[str, str]]
    #: What was to be written, the body of an HTTP request, or the standard input of a command.
    body: bytes


class FakeHost:
    """A host that has what the test gives it, and nothing else. Of several, the last one answers."""

    def __init__(self) -> None:
        self._files: dict[str, bytes] = {}
        self._folders: set[str] = set()
        self._written: set[str] = set()
        self._variables: dict[str, str | None] = {}
        self._responses: dict[str, list[Response]] = {}
        self._outputs: dict[tuple[str, tuple[str, ...]], list[Output]] = {}
        self._returns: dict[str, list[Any]] = {}
        self._failures: dict[str, str] = {}
        #: All that it was asked for, in order.
        self.requests: list[Request] = []
        #: All messages, in order: level and text.
        self.logged: list[tuple[str, str]] = []

    def __enter__(self) -> FakeHost:
        _host.hosts.append(self)
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        _host.hosts.remove(self)

    @property
    def calls(self) -> list[str]:
        """All that it was asked for, in words."""
        return [request.what for request in self.requests]

    def file(self, path: str, contents: str | bytes) -> FakeHost:
        """Gives it a file. The folders above it are there as well."""
        self._files[_plain(path)] = _host.to_bytes(contents)
        return self

    def folder(self, path: str) -> FakeHost:
        """Gives it an empty folder."""
        self._folders.add(_plain(path))
        return self

    def variable(self, name: str, value: str | None) -> FakeHost:
        """Gives it an environment variable, or with ``None`` one that may be read and is not set."""
        self._variables[name] = value
        return self

    def response(
        self, request: str, status: int, body: str | bytes = b"", headers: Iterable[tuple[str, str]] = ()
    ) -> FakeHost:
        """Gives it the response to a request, ``GET https://example.com/``.

        Given again for the same request it is the response to the next one; the last stays.
        """
        url = request.partition(" ")[2]
        self._responses.setdefault(request, []).append(Response(status, url, list(headers), _host.to_bytes(body)))
        return self

    def command(
        self,
        command: str,
        args: Iterable[str] = (),
        stdout: str | bytes = b"",
        *,
        code: int | None = 0,
        stderr: str = "",
        signal: int | None = None,
    ) -> FakeHost:
        """Gives it the output of a command with these arguments.

        Given again for the same command it is the output of the next run; the last stays.
        """
        output = Output(code, _host.to_bytes(stdout), stderr, signal)
        self._outputs.setdefault((command, tuple(args)), []).append(output)
        return self

    def function(self, name: str, returns: Any) -> FakeHost:
        """Gives it what a function of the host returns, whatever its arguments are.

        Given again for the same function it is what the next call returns; the last stays.
        """
        self._returns.setdefault(name, []).append(returns)
        return self

    def fails(self, call: str, kind: str) -> FakeHost:
        """Lets a call fail, in the words of ``calls``: ``fails("read /etc/shadow", "denied")``."""
        self._failures[call] = kind
        return self

    def contents(self, path: str) -> bytes | None:
        """What is in a file, as the test or the plugin has written it."""
        return self._files.get(path)

    def written(self, path: str) -> str | None:
        """What is in a file that the plugin wrote, as text."""
        return self._files[path].decode(errors="replace") if path in self._written else None

    def log(self, level: str, message: str) -> None:
        """Takes a message."""
        self.logged.append((level, message))

    def answer(self, capability: str, request: str, body: bytes) -> tuple[str, bytes]:
        """Answers a request, as the protocol says."""
        try:
            answer, contents = getattr(self, f"_{capability}")(json.loads(request), body)
        except HostError as error:
            return json.dumps({"error": {"kind": error.kind, "message": str(error)}}), b""
        return json.dumps({"ok": answer}), contents

    def _file(self, request: dict[str, Any], body: bytes) -> tuple[Any, bytes]:
        ((word, given),) = request.items()
        verbs = {"replace": "write", "in_place": "write in place", "append": "append", "new": "create"}
        self._note(f"{verbs[given['mode']] if word == 'write' else word} {given['path']}", [], body)
        path = _plain(given["path"])
        contents = self._files.get(path)
        is_folder = self._is_folder(path)
        if word == "write":
            self._write(path, given["mode"], body)
            return "written", b""
        if contents is None and not is_folder:
            message = f"{path}: there is no such file in this test; `FakeHost.file({path!r}, …)` gives one"
            raise HostError("not_found", message)
        if word == "stat":
            size = 0 if contents is None else len(contents)
            return {"stat": {"kind": "folder" if contents is None else "file", "size": size, "modified": None}}, b""
        if word == "list":
            if not is_folder:
                raise HostError("failed", f"{path}: it is no folder")
            return {"entries": self._entries(path)}, b""
        if contents is None:
            raise HostError("failed", f"{path}: it is a folder")
        return "read", contents

    def _write(self, path: str, mode: str, body: bytes) -> None:
        if self._is_folder(path):
            raise HostError("failed", f"{path}: it is a folder")
        above = path.rpartition("/")[0]
        while above:
            # As where the folder is missing: there is no such place.
            if above in self._files:
                raise HostError("not_found", f"{path}: {above} is no folder")
            above = above.rpartition("/")[0]
        if mode == "new" and path in self._files:
            raise HostError("failed", f"{path}: it is there already")
        self._files[path] = (self._files.get(path, b"") if mode == "append" else b"") + body
        self._written.add(path)

    def _http(self, request: dict[str, Any], body: bytes) -> tuple[Any, bytes]:
        what = f"{request['method']} {request['url']}"
        self._note(what, [(name, value) for name, value in request.get("headers", [])], body)
        response = _next(self._responses.get(what))
        if response is None:
            raise _denied(what, f"FakeHost.response({what!r}, …)")
        return {"status": response.status, "url": response.url, "headers": response.headers}, response.body

    def _environment(self, request: dict[str, Any], _: bytes) -> tuple[Any, bytes]:
        name = request["name"]
        self._note(f"var {name}", [], b"")
        if name not in self._variables:
            raise _denied(f"var {name}", f"FakeHost.variable({name!r}, …)")
        return {"value": self._variables[name]}, b""

    def _process(self, request: dict[str, Any], body: bytes) -> tuple[Any, bytes]:
        command, args = request["command"], request["arguments"]
        plain = (word if word and not any(one.isspace() for one in word) else json.dumps(word) for word in args)
        what = " ".join(["run", command, *plain])
        self._note(what, [], body)
        output = _next(self._outputs.get((command, tuple(args))))
        if output is None:
            raise _denied(what, f"FakeHost.command({command!r}, {args!r}, …)")
        return {"code": output.code, "signal": output.signal, "stderr": output.stderr}, output.stdout

    def _functions(self, request: dict[str, Any], _: bytes) -> tuple[Any, bytes]:
        name = request["function"]
        # As the other languages write it.
        arguments = json.dumps(request.get("arguments"), ensure_ascii=False, separators=(",", ":"))
        what = f"call {name} {arguments}"
        self._note(what, [], b"")
        if name not in self._returns:
            raise _denied(what, f"FakeHost.function({name!r}, …)")
        return _next(self._returns[name]), b""

    def _note(self, what: str, headers: list[tuple[str, str]], body: bytes) -> None:
        """Writes a call down, and lets it fail where the test wants that."""
        self.requests.append(Request(what, headers, body))
        if what in self._failures:
            raise HostError(self._failures[what], f"`{what}` fails, since the test says so")

    def _is_folder(self, path: str) -> bool:
        return path == "/" or path in self._folders or any(known.startswith(f"{path}/") for known in self._paths())

    def _entries(self, folder: str) -> list[dict[str, str]]:
        start = folder.rstrip("/") + "/"
        kinds = {}
        for known in self._paths():
            name, separator, _ = known.removeprefix(start).partition("/")
            if known.startswith(start) and name:
                kinds[name] = "folder" if separator or known not in self._files else "file"
        return [{"name": name, "kind": kind} for name, kind in sorted(kinds.items())]

    def _paths(self) -> list[str]:
        return [*self._files, *self._folders]


def task_definitions() -> Any:
    return _call(_dispatch.get_definitions, "task")


def facts_collectors() -> Any:
    return _call(_dispatch.get_definitions, "facts_collector")


def template_extensions() -> Any:
    return _call(_dispatch.get_definitions, "template_filter", "template_function")


def execute_task(name: str, config: Mapping[str, Any] | None = None) -> dict[str, Any]:
    result: dict[str, Any] = _call(_dispatch.execute_task, name, _json(config or {}))
    return result


def execute_facts_collector(name: str, config: Mapping[str, Any] | None = None) -> Any:
    return _call(_dispatch.execute_facts_collector, name, _json(config or {}))


def execute_log_source(name: str, config: Mapping[str, Any] | None = None) -> list[Any]:
    """All records of a source, over as many calls as it takes."""
    records: list[Any] = []
    while True:
        batch = _call(_dispatch.execute_log_source, name, _json(config or {}))
        records += batch["records"]
        if not batch["more"]:
            return records


def execute_log_parser(name: str, line: str, config: Mapping[str, Any] | None = None) -> Any:
    return _call(_dispatch.execute_log_parser, name, _json(config or {}), line)


def execute_log_filter(name: str, entry: Any, config: Mapping[str, Any] | None = None) -> bool:
    kept: bool = _call(_dispatch.execute_log_filter, name, _json(config or {}), _json(entry))
    return kept


def execute_log_output(name: str, entry: Any, config: Mapping[str, Any] | None = None) -> None:
    _call(_dispatch.execute_log_output, name, _json(config or {}), _json(entry))


def execute_template_filter(
    name: str, value: Any, args: Sequence[Any] | Mapping[str, Any] = (), config: Mapping[str, Any] | None = None
) -> Any:
    """``args`` is a list, or a dict of arguments by name."""
    return _call(_dispatch.execute_template_filter, name, _json(config or {}), _json(value), _arguments(args))


def execute_template_function(
    name: str, args: Sequence[Any] | Mapping[str, Any] = (), config: Mapping[str, Any] | None = None
) -> Any:
    """``args`` is a list, or a dict of arguments by name."""
    return _call(_dispatch.execute_template_function, name, _json(config or {}), _arguments(args))


def execute_command(name: str, args: Any = ()) -> Any:
    return _call(_dispatch.execute_command, name, _json(args))


def call_hook(name: str, *values: Any) -> Any:
    """Calls a hook: ``call_hook("before_task", {"name": "deploy"})``."""
    return _call(_dispatch.call_hook, name, *map(_json, values))


def _call(function: Callable[..., str], *strings: str) -> Any:
    try:
        reply = function(*strings)
    except BaseException as raised:
        if isinstance(raised, KeyboardInterrupt):
            raise
        raise Error(explain(raised)) from raised
    return json.loads(reply)


def _json(value: Any) -> str:
    return json.dumps(value)


def _arguments(args: Sequence[Any] | Mapping[str, Any]) -> str:
    return _json({"positional": [], "keyword": args} if isinstance(args, Mapping) else list(args))


def _next(row: list[Any] | None) -> Any:
    """The first in a row, which stays if it is the last."""
    if not row:
        return None
    return row.pop(0) if len(row) > 1 else row[0]


def _denied(what: str, help: str) -> HostError:
    return HostError("denied", f"`{what}` is not provided in this test; `{help}` provides it")


def _plain(path: str) -> str:
    """A path as hosts take them, so that a test finds what the sandbox would refuse."""
    if not path.startswith("/"):
        why = "a path begins with `/`"
    elif "//" in path:
        why = "a path has no `//`"
    elif any(name in (".", "..") for name in path.split("/")):
        why = "a path has no `.` and no `..`"
    elif any(ord(one) < 32 or 127 <= ord(one) < 160 for one in path):
        why = "a path has no control characters"
    else:
        return path.rstrip("/") or "/"
    raise HostError("invalid", f"{json.dumps(path)}: {why}")
