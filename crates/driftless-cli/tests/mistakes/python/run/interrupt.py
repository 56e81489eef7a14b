from driftless_plugin import log_source


@log_source
def interrupt():
    yield "a line"
    raise KeyboardInterrupt


# calls: execute_log_source
# exit: 0
# prints: {"records":["a line"],"more":true}
