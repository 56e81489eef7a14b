"""From the text of files to facts."""

from __future__ import annotations

from dataclasses import dataclass, field

from driftless_plugin import Failure

_NO_LOGIN = ("/nologin", "/false", "/sync", "/shutdown", "/halt")


@dataclass
class User:
    uid: int
    gid: int
    name: str
    home: str
    shell: str
    can_log_in: bool
    groups: list[str] = field(default_factory=list)


@dataclass
class Counters:
    receive_bytes: int
    receive_errors: int
    transmit_bytes: int
    transmit_errors: int


@dataclass
class Uptime:
    seconds: float
    days: int
    #: What the processors did not use, of all of them together.
    idle_seconds: float


def accounts(passwd: str, group: str) -> tuple[dict[str, User], dict[str, int]]:
    """The users by name, each with their groups, and the numbers of groups by name."""
    users = {}
    for line in _lines(passwd):
        login, _, uid, gid, about, home, shell = _fields("/etc/passwd", line, 7)
        can_log_in = bool(shell) and not shell.endswith(_NO_LOGIN)
        users[login] = User(int(uid), int(gid), about.split(",")[0], home, shell, can_log_in)
    groups = {}
    for line in _lines(group):
        name, _, gid, members = _fields("/etc/group", line, 4)
        groups[name] = int(gid)
        for login, user in users.items():
            if user.gid == int(gid) or login in members.split(","):
                user.groups.append(name)
    return users, groups


def interfaces(text: str) -> dict[str, Counters]:
    """Interfaces by name. Two lines of headings stand above them."""
    known = {}
    for line in _lines(text)[2:]:
        name, separator, numbers = line.partition(":")
        values = numbers.split()
        if not separator or len(values) < 16:
            raise Failure(f"/proc/self/net/dev has a line that is none of an interface: {line!r}")
        known[name.strip()] = Counters(int(values[0]), int(values[2]), int(values[8]), int(values[10]))
    return known


def uptime(text: str) -> Uptime:
    """Two numbers, in seconds."""
    values = text.split()
    if len(values) != 2:
        raise Failure(f"/proc/uptime has something else than two numbers: {text.strip()!r}")
    seconds, idle = map(float, values)
    return Uptime(seconds, int(seconds // 86400), idle)


def _lines(text: str) -> list[str]:
    # Some systems have comments, and lines that refer to a directory service.
    return [line for line in text.splitlines() if line.strip() and line[0] not in "#+-"]


def _fields(path: str, line: str, count: int) -> list[str]:
    fields = line.split(":")
    if len(fields) != count:
        raise Failure(f"{path} has a line of {len(fields)} fields instead of {count}: {line!r}")
    return fields
