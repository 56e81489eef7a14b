from driftless_plugin import task


@task
def keyboard() -> str:
    return input("Who? ")


# says: Unavailable: a plugin has no standard input; what it has to know stands in its configuration, at src/keyboard.py:6
