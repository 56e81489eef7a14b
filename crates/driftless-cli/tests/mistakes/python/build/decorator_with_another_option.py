from driftless_plugin import task


@task(title="greet")
def greet() -> str:
    return "Hello"


# exit: 1
# says: File "src/plugin.py", line 4, in <module>
# says: `@task` has no option `title`; it has `name`, `description` and `config`
