from driftless_plugin import facts


@facts
def names():
    yield "ada"


# exit: 1
# says: File "src/plugin.py", line 4, in <module> || File "src/plugin.py", line 5, in <module>
# says: the facts collector `names` is a generator, since it has a `yield`; collect what it yields and return it
