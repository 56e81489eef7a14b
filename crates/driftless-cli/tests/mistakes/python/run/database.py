import sqlite3

from driftless_plugin import task


@task
def database() -> str:
    with sqlite3.connect(":memory:") as connection:
        (answer,) = connection.execute("select 6 * 7").fetchone()
    sqlite3.connect("/srv/names.db")
    return str(answer)


# says: Unavailable: a plugin has no files of its own; `driftless_plugin.files` reads and writes those of the host, at src/database.py:10
