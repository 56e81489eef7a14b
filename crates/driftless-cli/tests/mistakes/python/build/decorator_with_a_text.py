from driftless_plugin import facts


@facts("system")
def system() -> dict[str, str]:
    return {}


# exit: 1
# says: File "src/plugin.py", line 4, in <module>
# says: a facts collector is a function, and 'system' is none; options of a decorator have names: `@facts(name=…)`
