import time

from driftless_plugin import task


@task
def sleep() -> None:
    time.sleep(0)
    time.sleep(1)


# says: Unavailable: a plugin cannot wait, since nothing happens meanwhile; go on, or raise a `Failure`, at src/sleep.py:9
