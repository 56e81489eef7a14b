from random import choice

from driftless_plugin import task

GREETING = choice(["Hello", "Welcome"])


@task
def greet() -> str:
    return GREETING


# exit: 1
# says: File "src/plugin.py", line 5, in <module>
# says: Unavailable: `random.choice`: the top of a module runs once, when the plugin is built
