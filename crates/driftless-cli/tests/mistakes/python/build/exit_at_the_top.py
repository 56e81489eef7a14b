import sys

from driftless_plugin import task


@task
def greet() -> str:
    return "Hello"


sys.exit(greet())

# exit: 1
# says: File "src/plugin.py", line 11, in <module>
# says: SystemExit: Hello
# says: keep what is for the command line behind `if __name__ == "__main__":`
