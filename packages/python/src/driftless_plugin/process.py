"""Other programs on the machine on which the plugin runs. Each needs the permission ``commands`` in `pyproject.toml`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ._failure import HostError
from ._host import capability, exchange, to_bytes, to_text

_send = capability("process", "commands")


@dataclass(frozen=True)
class Output:
    """How a program ended, and what it wrote."""

    #: Its exit code; ``None`` where a signal ended it.
    code: int | None = 0
    #: What it wrote to standard output.
    stdout: bytes = b""
    #: What it wrote to standard error; what is not UTF-8 in it is replaced.
    stderr: str = ""
    #: The signal that ended it.
    signal: int | None = None

    @property
    def success(self) -> bool:
        """Whether the exit code is 0."""
        return self.code == 0

    def ok(self) -> Output:
        """The output, unless the program failed: then it raises, with the end of standard error in the message."""
        if self.success:
            return self
        words = "the command did not end by itself"
        if self.code is not None:
            words = f"the command ended with exit code {self.code}"
        elif self.signal is not None:
            words = f"signal {self.signal} ended the command"
        end = self.stderr.strip()[-1000:]
        raise HostError("failed", f"{words}: {end}" if end else words)

    def text(self) -> str:
        """What it wrote to standard output, as text."""
        return to_text(self.stdout, "what the command wrote")


def run(command: str, args: Iterable[str] = (), *, stdin: str | bytes = b"") -> Output:
    """Runs a program, and waits for its end.

    No shell is involved: an argument arrives as it is, whatever stands in it. A program that ends with an exit code has run: see
    ``Output.ok``.
    """
    answer, stdout = exchange(_send, {"command": command, "arguments": [str(one) for one in args]}, to_bytes(stdin))
    return Output(answer["code"], stdout, answer["stderr"], answer["signal"])
