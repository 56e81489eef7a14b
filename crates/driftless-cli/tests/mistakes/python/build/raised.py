from driftless_plugin import task

NAMES = {"ada": 1}
NUMBER = NAMES["grace"]


@task
def greet() -> str:
    return "Hello"


# exit: 1
# says: it fails while it is loaded:
# says: File "src/plugin.py", line 4, in <module>
# says: KeyError: 'grace'
