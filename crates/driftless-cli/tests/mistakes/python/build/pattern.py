import re

from driftless_plugin import template_filter

CAPITALS = re.compile(r"\p{Lu}+")


@template_filter
def capitals(value: str) -> list[str]:
    return CAPITALS.findall(value)


# exit: 1
# says: File "src/plugin.py", line 5, in <module>
# says: bad escape \p at position 0
# says: `re` has no `\p{…}`; `unicodedata.category(…)` says what a character is
