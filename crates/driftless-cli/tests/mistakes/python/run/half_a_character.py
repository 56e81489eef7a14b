from driftless_plugin import log, task

CUT = "cut " + chr(0xDCE9)


@task
def half_a_character():
    log.info(CUT)
    return {"message": CUT}


# exit: 0
# prints: "message":"cut �"
# says: info  my-plugin: cut �
