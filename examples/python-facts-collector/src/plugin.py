"""The plugin: facts that are read from the files that it asks for."""

from __future__ import annotations

from dataclasses import dataclass, field

from driftless_plugin import facts, files, log

import parse


@dataclass
class Accounts:
    """Which accounts."""

    system: bool = field(default=False, metadata={"description": "Whether accounts of the system count as well"})
    first_uid: int = field(default=1000, metadata={"description": "Where the accounts of people begin", "schema": {"minimum": 0}})


@dataclass
class Interfaces:
    """Which network interfaces."""

    exclude: list[str] = field(default_factory=lambda: ["lo"], metadata={"description": "Names to leave out"})


@facts
def accounts(config: Accounts) -> dict:
    """Accounts and their groups, out of `/etc/passwd` and `/etc/group`."""
    users, groups = parse.accounts(_text("/etc/passwd"), _text("/etc/group"))
    if not config.system:
        # Directory services give out numbers of 32 bits, so `nobody` is not the highest of all.
        users = {name: user for name, user in users.items() if user.uid >= config.first_uid and user.uid not in parse.NOBODY}
    return {"users": users, "groups": groups, "can_log_in": sorted(name for name, user in users.items() if user.can_log_in)}


@facts
def interfaces(config: Interfaces) -> dict:
    """Network interfaces and what went through them, out of `/proc/self/net/dev`."""
    known = parse.interfaces(_text("/proc/self/net/dev"))
    for name, counters in known.items():
        if counters.receive_errors or counters.transmit_errors:
            log.warn(f"{name} has had errors: {counters.receive_errors or 0} received, {counters.transmit_errors or 0} sent")
    return {"interfaces": {name: counters for name, counters in known.items() if name not in config.exclude}}


@facts
def uptime() -> parse.Uptime:
    """How long the system is up, out of `/proc/uptime`."""
    return parse.uptime(_text("/proc/uptime"))


def _text(path: str) -> str:
    """The text of a file. A name in it need not be UTF-8: what is not becomes U+FFFD."""
    contents = files.read(path)
    try:
        return contents.decode()
    except UnicodeDecodeError:
        log.warn(f"{path}: some bytes are no UTF-8, and stand in the facts as U+FFFD")
        return contents.decode(errors="replace")
