import urllib.request

from driftless_plugin import task


@task
def url_that_is_opened() -> str:
    return urllib.request.urlopen("http://127.0.0.1:1/").read().decode()


# says: URLError: <urlopen error a plugin has no sockets; `driftless_plugin.http` sends requests>
# says: , at src/url_that_is_opened.py:8
