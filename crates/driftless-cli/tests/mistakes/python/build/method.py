from driftless_plugin import task


class Greeter:
    @task
    def greet(self, config: dict) -> str:
        return "Hello"


# exit: 1
# says: File "src/plugin.py", line 5, in Greeter || File "src/plugin.py", line 6, in Greeter
# says: the task `greet` takes `self`, which the host does not pass; a component is a function, and no method of a class
