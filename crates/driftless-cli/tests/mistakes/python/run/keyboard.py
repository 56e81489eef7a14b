from driftless_plugin import task


@task
def keyboard() -> str:
    return input("Who? ")


# says: Unavailable: there is nobody to answer; what a plugin has to know stands in its configuration, at src/keyboard.py:6
