import urllib.request

from driftless_plugin import task


@task
def https() -> str:
    return urllib.request.urlopen("https://example.com").read().decode()


# says: src/https.py:8
# says: `driftless_plugin.http` sends requests, with https as well
