import os

from driftless_plugin import task


@task
def shell() -> str:
    return str(os.system("git --version"))


# says: Unavailable: a plugin starts no programs; `driftless_plugin.process.run` asks the host to, at src/shell.py:8
