"""Files and folders of the machine on which the plugin runs.

Each function needs the permission ``files`` in `pyproject.toml` for its path, and raises a ``HostError`` without it. Paths are absolute
and have no ``..`` in them.
"""

from __future__ import annotations

import builtins
import json
from dataclasses import dataclass
from typing import Any

from ._failure import HostError
from ._host import capability, exchange, to_bytes, to_text

_send = capability("file", "files")


@dataclass(frozen=True)
class Entry:
    """One name in a folder."""

    name: str
    #: ``file``, ``folder``, ``link`` or ``other``; a symbolic link is one, whatever it points at.
    kind: str


@dataclass(frozen=True)
class Stat:
    """What stands at a path, symbolic links followed."""

    #: ``file``, ``folder`` or ``other``.
    kind: str
    #: Its bytes. Files of the kernel often say 0.
    size: int
    #: When its contents last changed, in seconds since 1970, where that is known.
    modified: int | None


def read(path: str) -> bytes:
    """The contents of a file."""
    return _ask({"read": {"path": path}}, "read")[1]


def read_text(path: str) -> str:
    """The contents of a file that is text in UTF-8."""
    return to_text(read(path), f"{path}: it")


def write(path: str, contents: str | bytes) -> None:
    """Writes a file: what was in it goes, as soon as the new contents are there in full. A file that is not there is made."""
    _put(path, contents, "replace")


def write_in_place(path: str, contents: str | bytes) -> None:
    """Overwrites a file where it is, for one that cannot be replaced. Readers may see a half. A file that is not there is made."""
    _put(path, contents, "in_place")


def append(path: str, contents: str | bytes) -> None:
    """Writes behind what is in a file. A file that is not there is made."""
    _put(path, contents, "append")


def create_new(path: str, contents: str | bytes) -> None:
    """Writes a file that must not be there yet."""
    _put(path, contents, "new")


def list(path: str) -> builtins.list[Entry]:
    """What is in a folder, by name."""
    return [Entry(entry["name"], entry["kind"]) for entry in _ask({"list": {"path": path}}, "entries")[0]]


def stat(path: str) -> Stat:
    """What stands at a path."""
    answer = _ask({"stat": {"path": path}}, "stat")[0]
    return Stat(answer["kind"], answer["size"], answer.get("modified"))


def exists(path: str) -> bool:
    """Whether there is anything at a path."""
    try:
        stat(path)
    except HostError as error:
        if error.kind == "not_found":
            return False
        raise
    return True


def _put(path: str, contents: str | bytes, mode: str) -> None:
    _ask({"write": {"path": path, "mode": mode}}, "written", to_bytes(contents))


def _ask(request: Any, expected: str, body: bytes = b"") -> tuple[Any, bytes]:
    """The answer, if it is of the expected kind: a word by itself, or an object with that key."""
    answer, contents = exchange(_send, request, body)
    if answer == expected:
        return None, contents
    if isinstance(answer, dict) and expected in answer:
        return answer[expected], contents
    raise HostError("failed", f"the host answered something else: {json.dumps(answer)}")
