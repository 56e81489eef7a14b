from driftless_plugin import task


@task
def memory_beyond_counting() -> str:
    # Larger than what Python counts with, so that nothing is asked of the host.
    return "\u0416" * 2**30


# exit: 4
# says: needed more than its 64 MiB of memory (`security.max_memory` in plugins.toml)
# never: MemoryError
