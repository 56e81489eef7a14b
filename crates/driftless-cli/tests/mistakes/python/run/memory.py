from driftless_plugin import task


@task
def memory() -> str:
    return "x" * 10**9


# exit: 4
# says: needed more than its 64 MiB of memory (`security.max_memory` in plugins.toml)
# never: MemoryError
