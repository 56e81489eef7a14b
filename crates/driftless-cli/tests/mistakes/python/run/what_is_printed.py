import logging
import sys
import traceback

from driftless_plugin import task

logging.getLogger("kept").addHandler(logging.StreamHandler())


@task
def what_is_printed() -> None:
    print("one", end=" ")
    print("line\nand another")
    print("without an end", end="")
    sys.stderr.write("to standard error\r\n")
    sys.stdout.buffer.write("; bytes: é\n".encode())
    logging.info("by logging")
    try:
        {}["name"]
    except KeyError:
        traceback.print_exc()


# exit: 0
# says: info  my-plugin: one line
# says: info  my-plugin: and another
# says: warn  my-plugin: to standard error
# says: info  my-plugin: without an end; bytes: é
# says: info  my-plugin: by logging
# says: warn  my-plugin: KeyError: 'name'
