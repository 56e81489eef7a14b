"""From the text of files to facts. A line that cannot be read is a warning, and the rest is there."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from driftless_plugin import Failure, log

_NO_LOGIN = ("/nologin", "/false", "/sync", "/shutdown", "/halt")

#: Accounts of nobody, in numbers of 16 bits and of 32, and the two that mean no account at all.
NOBODY = (0xFFFE, 0xFFFF, 0xFFFF_FFFE, 0xFFFF_FFFF)


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
    """What a kernel does not count is ``None``."""

    receive_bytes: int | None
    receive_errors: int | None
    transmit_bytes: int | None
    transmit_errors: int | None


@dataclass
class Uptime:
    seconds: float
    days: int
    #: What the processors did not use, of all of them together; ``None`` where it is not told.
    idle_seconds: float | None


def accounts(passwd: str, group: str) -> tuple[dict[str, User], dict[str, int]]:
    """The users by name, each with their groups, and the numbers of groups by name. Of two lines for one name the first counts."""
    users: dict[str, User] = {}
    for place, line in _lines(passwd):
        # What is missing at the end of a line is empty, and the last field has every colon that is left.
        login, _, uid, gid, about, home, shell = _padded(line.split(":", 6), 7)
        if not (login and _is_id(uid) and _is_id(gid)):
            _ignored("/etc/passwd", place, "is not a name, a password, two numbers and so on")
            continue
        can_log_in = bool(shell) and not shell.endswith(_NO_LOGIN)
        users.setdefault(login, User(int(uid), int(gid), about.split(",")[0], home, shell, can_log_in))
    groups: dict[str, int] = {}
    for place, line in _lines(group):
        name, _, gid, members = _padded(line.split(":", 3), 4)
        if not (name and _is_id(gid)):
            _ignored("/etc/group", place, "is not a name, a password, a number and members")
            continue
        if name in groups:
            continue
        groups[name] = int(gid)
        named = {member.strip() for member in members.split(",")}
        for login, user in users.items():
            if user.gid == int(gid) or login in named:
                user.groups.append(name)
    return users, groups


def interfaces(text: str) -> dict[str, Counters]:
    """Interfaces by name. Two lines of headings stand above them, and the second says what the columns are."""
    known: dict[str, Counters] = {}
    columns: list[str] = []
    for place, line in _lines(text):
        if "|" in line:
            _, receive, transmit = _padded(line.split("|", 2), 3)
            columns = [f"receive_{name}" for name in receive.split()] + [f"transmit_{name}" for name in transmit.split()]
            continue
        # The name of an alias has a colon in it.
        name, separator, numbers = line.rpartition(":")
        values = numbers.split()
        if not (name.strip() and separator and values and all(_is_number(value) for value in values)):
            _ignored("/proc/self/net/dev", place, "is none of an interface")
            continue
        counted = {column: int(value) for column, value in zip(columns, values)}
        wanted = ("receive_bytes", "receive_errs", "transmit_bytes", "transmit_errs")
        known[name.strip()] = Counters(*(counted.get(column) for column in wanted))
    if not columns:
        raise Failure("/proc/self/net/dev has no line that says what its columns are")
    return known


def uptime(text: str) -> Uptime:
    """Two numbers, in seconds."""
    seconds, idle = (_seconds(value) for value in _padded(text.split()[:2], 2))
    if seconds is None:
        raise Failure(f"/proc/uptime has something else than two numbers: {text.strip()!r}")
    if idle is None:
        log.warn("/proc/uptime does not say how long the processors were idle")
    return Uptime(seconds, int(seconds // 86400), idle)


def _lines(text: str) -> list[tuple[int, str]]:
    """Lines with their numbers. Some systems have comments, and lines that refer to a directory service."""
    # Not `splitlines`, which knows ends of lines that may stand in the name of a person.
    lines = enumerate(text.split("\n"), start=1)
    return [(place, line.rstrip("\r")) for place, line in lines if line.strip() and line[0] not in "#+-"]


def _padded(fields: list[str], count: int) -> list[str]:
    return fields + [""] * (count - len(fields))


def _is_number(text: str) -> bool:
    # `int` takes digits of all scripts, and `1_000`.
    return text.isascii() and text.isdigit()


def _is_id(text: str) -> bool:
    return _is_number(text) and int(text) < 2**32


def _seconds(text: str) -> float | None:
    try:
        seconds = float(text)
    except ValueError:
        return None
    return seconds if math.isfinite(seconds) and seconds >= 0 else None


def _ignored(path: str, place: int, why: str) -> None:
    log.warn(f"{path}: line {place} {why} and is ignored")
