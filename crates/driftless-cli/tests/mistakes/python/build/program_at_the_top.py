import subprocess

from driftless_plugin import task

VERSION = subprocess.check_output(["git", "--version"])


@task
def greet() -> str:
    return VERSION.decode()


# exit: 1
# says: File "src/plugin.py", line 5, in <module>
# says: a plugin starts no programs; `driftless_plugin.process.run` asks the host to
