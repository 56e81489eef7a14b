from driftless_plugin import task


class Proxy:
    def __getattr__(self, name: str):
        return getattr(self, f"{name}x")


@task
def recursion() -> str:
    return Proxy().name


# says: RecursionError: maximum recursion depth exceeded, at src/recursion.py:6; a loop with a list of what is left to do has no such bound
