import yamlish

from driftless_plugin import task


@task
def greet() -> str:
    return yamlish.dump({})


# exit: 1
# says: File "src/plugin.py", line 1, in <module>
# says: ModuleNotFoundError: No module named 'yamlish'
# says: add `yamlish` to requirements-dev.txt and run `.venv/bin/pip install -r requirements-dev.txt`
