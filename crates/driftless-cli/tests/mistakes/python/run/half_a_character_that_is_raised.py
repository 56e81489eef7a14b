from driftless_plugin import task


@task
def half_a_character_that_is_raised():
    raise ValueError("cut " + chr(0xDCE9))


# says: ValueError: cut �, at src/half_a_character_that_is_raised.py:6
