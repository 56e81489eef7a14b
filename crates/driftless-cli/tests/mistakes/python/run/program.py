import subprocess

from driftless_plugin import task


@task
def program() -> str:
    return subprocess.run(["git", "--version"], capture_output=True, text=True).stdout


# says: Unavailable: a plugin starts no programs; `driftless_plugin.process.run` asks the host to, at src/program.py:8
