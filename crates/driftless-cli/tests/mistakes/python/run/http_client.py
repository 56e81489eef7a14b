import http.client

from driftless_plugin import facts


@facts
def http_client() -> dict:
    connection = http.client.HTTPConnection("127.0.0.1")
    connection.request("GET", "/")
    return {"status": connection.getresponse().status}


# calls: execute_facts_collector
# says: a plugin has no sockets; `driftless_plugin.http` sends requests, at src/http_client.py:9
