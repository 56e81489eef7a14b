from driftless_plugin import task


@task
def file() -> str:
    with open("/etc/hostname") as contents:
        return contents.read()


# says: Unavailable: a plugin has no files of its own; `driftless_plugin.files` reads and writes those of the host, at src/file.py:6
