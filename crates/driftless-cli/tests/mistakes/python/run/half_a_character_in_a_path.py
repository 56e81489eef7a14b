from driftless_plugin import files, task


@task
def half_a_character_in_a_path():
    return files.read_text("/srv/cut " + chr(0xDCE9))


# exit: 3
# prints: /srv/cut �
# never: escape
