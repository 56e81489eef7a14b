import os

from driftless_plugin import task


@task
def variable() -> str:
    return os.environ.get("HOME", "/root")


# says: Unavailable: a plugin has no environment of its own; `driftless_plugin.environment.get` asks the host for a variable, at src/variable.py:8
