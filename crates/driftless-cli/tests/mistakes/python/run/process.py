import multiprocessing

from driftless_plugin import task


@task
def process() -> None:
    multiprocessing.Process(target=print).start()


# says: Unavailable: a plugin starts no programs; `driftless_plugin.process.run` asks the host to, at src/process.py:8
