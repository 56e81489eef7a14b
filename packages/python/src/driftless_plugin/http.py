"""HTTP requests, which the host sends.

Each needs the permission ``network`` in `pyproject.toml` for the host in its URL, and for each to which it is redirected.
"""

from __future__ import annotations

import codecs
import json as _json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from ._failure import HostError
from ._host import capability, exchange, to_bytes, to_text
from ._json import write
from ._text import well_formed

_send = capability("http", "network")


@dataclass(frozen=True)
class Response:
    """The response to a request."""

    #: ``200``, ``404``, …
    status: int
    #: Where it came from, after redirects.
    url: str = ""
    #: Names in small letters, and values.
    headers: list[tuple[str, str]] = field(default_factory=list)
    #: What came behind the headers.
    body: bytes = b""

    @property
    def success(self) -> bool:
        """Whether the status says that it was done: 200 to 299."""
        return 200 <= self.status < 300

    def ok(self) -> Response:
        """The response, unless its status says that it was not done: then it raises, with the beginning of the body in the message."""
        if self.success:
            return self
        start = _beginning(self.body)
        raise HostError("failed", f"{self.url} answered with status {self.status}{start and f': {start}'}")

    def header(self, name: str) -> str | None:
        """The first header of this name, in small or in large letters."""
        return next((value for given, value in self.headers if given.lower() == name.lower()), None)

    def text(self) -> str:
        """The body as text."""
        return to_text(self.body, f"the body of {self.url}")

    def json(self) -> Any:
        """The body, read as JSON."""
        try:
            return _json.loads(self.text())
        except ValueError as error:
            raise HostError("failed", f"the body of {self.url} is not JSON: {error}") from None


def request(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | Iterable[tuple[str, str]] = (),
    query: Mapping[str, Any] | None = None,
    body: str | bytes = b"",
    json: Any = None,
) -> Response:
    """Sends a request, and waits for the response. A status such as 404 is a response: see ``Response.ok``."""
    pairs = [(str(name), str(value)) for name, value in (headers.items() if isinstance(headers, Mapping) else headers)]
    if json is not None:
        body = write(json)
        if not any(name.lower() == "content-type" for name, _ in pairs):
            pairs.append(("content-type", "application/json"))
    question: dict[str, Any] = {"method": method, "url": _with_query(url, query or {})}
    if pairs:
        question["headers"] = pairs
    answer, contents = exchange(_send, question, to_bytes(body))
    return Response(answer["status"], answer["url"], [(name, value) for name, value in answer["headers"]], contents)


def get(url: str, **options: Any) -> Response:
    """A ``GET`` request, with the options of ``request``."""
    return request("GET", url, **options)


def post(url: str, **options: Any) -> Response:
    """A ``POST`` request, with the options of ``request``."""
    return request("POST", url, **options)


def put(url: str, **options: Any) -> Response:
    """A ``PUT`` request, with the options of ``request``."""
    return request("PUT", url, **options)


def delete(url: str, **options: Any) -> Response:
    """A ``DELETE`` request, with the options of ``request``."""
    return request("DELETE", url, **options)


def _with_query(url: str, query: Mapping[str, Any]) -> str:
    if not query:
        return url
    # A fragment stands at the end, and is never sent.
    start = url.partition("#")[0]
    text = "&".join(f"{_quoted(name)}={_quoted(str(value))}" for name, value in query.items())
    return f"{start}{'&' if '?' in start else '?'}{text}"


def _quoted(text: str) -> str:
    return quote(well_formed(text), safe="")


def _beginning(body: bytes) -> str:
    """As much of a body as fits into a message, where it is text."""
    try:
        # A decoder that waits for more leaves out a character that is cut in two.
        return codecs.getincrementaldecoder("utf-8")().decode(body[:300]).strip()
    except UnicodeDecodeError:
        return ""
