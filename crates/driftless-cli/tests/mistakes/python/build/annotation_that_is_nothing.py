from __future__ import annotations

from driftless_plugin import task


@task
def greet(config: Greting) -> str:
    return "Hello"


# exit: 1
# says: File "src/plugin.py", line 6, in <module> || File "src/plugin.py", line 7, in <module>
# says: the task `greet`: name 'Greting' is not defined; an annotation has to name what can be found in the module
