import threading

from driftless_plugin import task


@task
def thread() -> None:
    threading.Thread(target=print, args=["Hello"]).start()


# says: Unavailable: a plugin has one thread; call the function itself, at src/thread.py:8
