from driftless_plugin import http, task


@task
def greet() -> str:
    return http.get("https://example.com/").text()


# exit: 3
# says: it uses `driftless_plugin.http`, at src/plugin.py:1, without asking for it: add `permissions = {network = […]}` to `[tool.driftless]`
