from pathlib import Path

from driftless_plugin import facts


@facts
def file_that_is_looked_for() -> dict:
    return {"there": Path("/etc/hostname").exists()}


# calls: execute_facts_collector
# says: Unavailable: a plugin has no files of its own; `driftless_plugin.files` reads and writes those of the host
# says: , at src/file_that_is_looked_for.py:8
