from driftless_plugin import task


@task
def import_inside() -> str:
    import wave

    return wave.__name__


# says: ModuleNotFoundError: `wave` was not imported when the plugin was built: import it at the top of the module, at src/import_inside.py:6
