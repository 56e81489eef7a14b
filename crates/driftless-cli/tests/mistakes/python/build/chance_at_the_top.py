import uuid

from driftless_plugin import task

ID = str(uuid.uuid4())


@task
def greet() -> str:
    return ID


# exit: 1
# says: File "src/plugin.py", line 5, in <module>
# says: Unavailable: `uuid.uuid4`: the top of a module runs once, when the plugin is built, so this would be the same in every call; do it inside of a function
