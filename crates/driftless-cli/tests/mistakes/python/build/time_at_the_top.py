from datetime import datetime

from driftless_plugin import task

STARTED = datetime.now()


@task
def greet() -> str:
    return f"Hello at {STARTED}"


# exit: 1
# says: File "src/plugin.py", line 5, in <module>
# says: Unavailable: `time.time`: the top of a module runs once, when the plugin is built
