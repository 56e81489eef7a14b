from driftless_plugin import tasks


@tasks
def greet() -> str:
    return "Hello"


# exit: 1
# says: File "src/plugin.py", line 1, in <module>
# says: ImportError: cannot import name 'tasks' from 'driftless_plugin'
# says: it has `Failure`, `HostError`, `Unavailable`, `command`, `facts`, `hook`,
