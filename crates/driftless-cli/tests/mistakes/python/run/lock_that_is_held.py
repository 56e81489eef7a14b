import threading

from driftless_plugin import task

LOCK = threading.Lock()


@task
def lock_that_is_held() -> None:
    with LOCK:
        with LOCK:
            pass


# says: Unavailable: this lock is held already
# says: , at src/lock_that_is_held.py:11
