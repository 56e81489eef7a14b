import asyncio

from driftless_plugin import task


async def five() -> int:
    return 5


@task
def asynchronous_call() -> str:
    return str(asyncio.run(five()))


# says: Unavailable: a plugin has no event loop, since there is nothing to wait for; call plain functions
# says: , at src/asynchronous_call.py:12
