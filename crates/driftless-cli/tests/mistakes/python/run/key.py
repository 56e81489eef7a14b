from driftless_plugin import log, task


@task
def key() -> str:
    names = {"ada": 1}
    log.info("looking")
    return str(names["grace"])


# says: info  my-plugin: looking
# says: KeyError: 'grace', at src/key.py:8
