import sys

from driftless_plugin import task


@task
def exit_of_the_process() -> None:
    try:
        sys.exit(3)
    except Exception:
        pass


# says: SystemExit: 3, at src/exit_of_the_process.py:9; a call ends by returning, or by raising a `Failure` with what its user has to know
