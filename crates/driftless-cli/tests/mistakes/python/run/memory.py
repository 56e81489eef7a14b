from driftless_plugin import task


@task
def memory() -> str:
    return "x" * 10**9


# says: MemoryError, at src/memory.py:6; a call has little memory: read in pieces, hand over in batches, keep less
