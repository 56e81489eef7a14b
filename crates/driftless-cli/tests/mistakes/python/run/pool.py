from concurrent.futures import ThreadPoolExecutor

from driftless_plugin import task


@task
def pool() -> str:
    with ThreadPoolExecutor() as pool:
        return "".join(pool.map(str, [1, 2]))


# says: a plugin has one thread; call the function itself, at src/pool.py:9
