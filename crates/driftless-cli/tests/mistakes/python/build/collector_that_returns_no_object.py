from driftless_plugin import facts


@facts
def names() -> list[str]:
    return ["ada"]


# exit: 1
# says: File "src/plugin.py", line 4, in <module> || File "src/plugin.py", line 5, in <module>
# says: the facts collector `names` returns list[str], and has to return an object; return a dict, a dataclass or a TypedDict
