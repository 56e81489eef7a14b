import socket

from driftless_plugin import task


@task
def socket_of_its_own() -> None:
    socket.create_connection(("127.0.0.1", 80))


# says: Unavailable: a plugin has no sockets; `driftless_plugin.http` sends requests, at src/socket_of_its_own.py:8
