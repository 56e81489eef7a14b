"""Messages for the user of the plugin."""

from __future__ import annotations

from . import _host


def error(message: object) -> None:
    """Something did not work."""
    _host.log("error", str(message))


def warn(message: object) -> None:
    """Something may not be as intended."""
    _host.log("warn", str(message))


def info(message: object) -> None:
    """What is going on."""
    _host.log("info", str(message))


def debug(message: object) -> None:
    """For the author."""
    _host.log("debug", str(message))
