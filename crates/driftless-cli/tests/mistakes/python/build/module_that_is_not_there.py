import ssl

from driftless_plugin import task


@task
def greet() -> str:
    return ssl.OPENSSL_VERSION


# exit: 1
# says: File "src/plugin.py", line 1, in <module>
# says: ModuleNotFoundError: No module named 'ssl'
# says: the Python in a plugin is made without this module; `driftless_plugin.http` knows https
