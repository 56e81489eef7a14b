"""The host: in a component its imports, and elsewhere what a test provides."""

from __future__ import annotations

import importlib
import json
import secrets
import sys
import time
from collections.abc import Callable
from typing import Any, Protocol

from ._failure import HostError
from ._json import write
from ._place import of_caller
from ._text import well_formed

try:
    from wit_world.imports import host as _imports
except ModuleNotFoundError:
    _imports = None

Send = Callable[[str, bytes], tuple[str, bytes]]


class Answering(Protocol):
    """A host that a test provides."""

    def answer(self, capability: str, request: str, body: bytes) -> tuple[str, bytes]:
        """The answer in JSON to a request in JSON, and the bytes behind it."""

    def log(self, level: str, message: str) -> None:
        """Takes a message."""


#: The hosts of tests; the last one answers.
hosts: list[Answering] = []

#: Whether the host of a component has called yet. While it is built, its top level runs without one.
_running = False

_NO_HOST = (
    "outside of the sandbox nothing of the machine is touched; in a test, `FakeHost` of `driftless_plugin.testing` answers for it"
)


def start() -> bool:
    """The host calls. Returns whether this is the first time."""
    global _running
    is_first, _running = not _running, True
    return is_first


def is_component() -> bool:
    """Whether this is the Python of a component, at its build or in a call."""
    return _imports is not None


def is_running() -> bool:
    """Whether the host has called yet."""
    return _running


def log(level: str, message: str) -> None:
    """Hands a message to the host."""
    message = well_formed(message)
    if _imports is not None and _running:
        _imports.log(_imports.Level[level.upper()], message)
    elif hosts:
        hosts[-1].log(level, message)
    else:
        print(f"[{level}] {message}", file=sys.stderr)


def timestamp() -> int:
    """The time, in whole seconds since 1970."""
    if _imports is None:
        return int(time.time())
    _need_host()
    return int(_imports.get_timestamp())


def random() -> int:
    """64 unpredictable bits."""
    if _imports is None:
        return secrets.randbits(64)
    _need_host()
    return int(_imports.get_random())


#: Where the author's modules first import what a capability is asked with, by the name of the capability.
imported_at: dict[str, str] = {}


def capability(name: str, word: str) -> Send:
    """The way to ask for something. ``word`` is what the permission is called in `pyproject.toml`."""
    imported_at[name] = of_caller() or ""
    if _imports is None:
        return lambda request, body: _answer(name, request, body)
    try:
        send: Send = importlib.import_module(f"wit_world.imports.{name}").request
    except ModuleNotFoundError:
        # It is imported while the plugin is built, so the author sees this.
        raise ImportError(
            f"this plugin uses `driftless_plugin.{'files' if name == 'file' else name}` without asking for it: "
            f"add `{word} = […]` to `[tool.driftless.permissions]` in pyproject.toml"
        ) from None
    return send


def exchange(send: Send, request: Any, body: bytes = b"") -> tuple[Any, bytes]:
    """Sends a request and reads its answer, or raises a ``HostError``."""
    if _imports is not None:
        _need_host()
    head, answered = send(write(request), body)
    try:
        outcome = json.loads(head)
    except ValueError as error:
        raise HostError("failed", f"the host's answer cannot be read: {error}") from None
    if isinstance(outcome, dict) and "ok" in outcome:
        return outcome["ok"], bytes(answered)
    if isinstance(outcome, dict) and isinstance(outcome.get("error"), dict):
        raise HostError(outcome["error"].get("kind", "failed"), outcome["error"].get("message", ""))
    raise HostError("failed", "the host's answer is none")


def to_bytes(contents: str | bytes) -> bytes:
    """Text as UTF-8, and bytes as they are."""
    return well_formed(contents).encode() if isinstance(contents, str) else bytes(contents)


def to_text(contents: bytes, what: str) -> str:
    """Bytes as text."""
    try:
        return contents.decode()
    except UnicodeDecodeError:
        raise HostError("failed", f"{what} is no text in UTF-8") from None


def _need_host() -> None:
    """Refuses what needs a host where there is none yet: it would end the build with words about WebAssembly."""
    if not _running:
        raise RuntimeError("the host cannot be asked while the plugin is built: do this inside of a function")


def _answer(name: str, request: str, body: bytes) -> tuple[str, bytes]:
    if hosts:
        return hosts[-1].answer(name, request, body)
    return json.dumps({"error": {"kind": "denied", "message": _NO_HOST}}), b""
