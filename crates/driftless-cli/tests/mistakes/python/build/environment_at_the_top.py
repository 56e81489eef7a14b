import os

from driftless_plugin import task

HOME = os.environ.get("HOME", "/root")


@task
def greet() -> str:
    return f"Hello {HOME}"


# exit: 1
# says: File "src/plugin.py", line 5, in <module>
# says: Unavailable: the environment of the machine that builds the plugin is none of its host's; `driftless_plugin.environment.get` asks for a variable
