import socket
import urllib.request

from driftless_plugin import task


@task
def socket_that_is_caught() -> str:
    try:
        socket.getaddrinfo("example.com", 443)
    except Exception as error:
        first = str(error)
    try:
        urllib.request.urlopen("http://127.0.0.1:1/")
    except OSError as error:
        return f"{first}; {error}"
    return "no error"


# exit: 0
# prints: a plugin has no sockets; `driftless_plugin.http` sends requests; <urlopen error a plugin has no sockets;
