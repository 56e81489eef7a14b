"""Text that can be carried as UTF-8: half of a surrogate pair, which ``surrogateescape`` and cut JSON leave, becomes U+FFFD."""

from __future__ import annotations

import re

_SURROGATES = re.compile("[\ud800-\udbff][\udc00-\udfff]|[\ud800-\udfff]")


def well_formed(text: str) -> str:
    """The text with U+FFFD for each half of a pair that is alone. Two halves that belong together become their character."""
    return text if text.isascii() else _SURROGATES.sub(_whole, text)


def _whole(found: re.Match[str]) -> str:
    if len(found[0]) == 1:
        return "\ufffd"
    high, low = map(ord, found[0])
    return chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))
