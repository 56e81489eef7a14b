import queue

from driftless_plugin import task


@task
def queue_that_is_empty() -> None:
    queue.Queue().get()


# says: Unavailable: a plugin cannot wait, since nothing happens meanwhile; go on, or raise a `Failure`, at src/queue_that_is_empty.py:8
