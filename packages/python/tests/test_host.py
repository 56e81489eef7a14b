"""What a plugin asks its host for, answered by the host of a test."""

from __future__ import annotations

import unittest
from typing import Any

from driftless_plugin import HostError, environment, files, functions, http, process
from driftless_plugin.testing import FakeHost


class Host(unittest.TestCase):
    def fails(self, kind: str, ask: Any, words: str = "") -> None:
        with self.assertRaisesRegex(HostError, words) as raised:
            ask()
        self.assertEqual(raised.exception.kind, kind)

    def test_nothing_of_the_machine_is_touched(self) -> None:
        for ask in (
            lambda: files.read("/etc/passwd"),
            lambda: files.write("/tmp/x", "x"),
            lambda: environment.get("PATH"),
            lambda: http.get("https://example.com/"),
            lambda: process.run("true"),
        ):
            self.fails("denied", ask, "FakeHost")

    def test_files_are_read_and_written(self) -> None:
        fake = FakeHost().file("/srv/app/data", bytes([0, 255])).file("/srv/app/sub/x", "x").folder("/mnt/")
        with fake as host:
            self.assertEqual(files.read("/srv/app/data"), bytes([0, 255]))
            self.fails("failed", lambda: files.read_text("/srv/app/data"), "/srv/app/data: it is no text in UTF-8")
            files.write("/srv/app/new", "more than one")
            files.write_in_place("/srv/app/new", "one")
            files.append("/srv/app/new", " ☕")
            self.fails("failed", lambda: files.create_new("/srv/app/new", ""))
            self.assertEqual(files.read_text("/srv/app/new"), "one ☕")
            self.assertEqual(host.written("/srv/app/new"), "one ☕")
            self.assertIsNone(host.written("/srv/app/data"))
            names = [(entry.name, entry.kind) for entry in files.list("/srv/app")]
            self.assertEqual(names, [("data", "file"), ("new", "file"), ("sub", "folder")])
            self.assertEqual(files.list("/mnt"), [])
            self.assertTrue(files.exists("/mnt"))
            self.assertFalse(files.exists("/nowhere"))
            self.assertEqual(files.stat("/srv/app/data").size, 2)
            self.fails("failed", lambda: files.list("/srv/app/data"))
            self.fails("not_found", lambda: files.write("/srv/app/data/x", ""))
            for path in ("", "etc/hosts", "/a/../b", "/a//b", "/a/.", "/a\n"):
                self.fails("invalid", lambda path=path: files.read(path))

    def test_variables_are_set_or_not(self) -> None:
        with FakeHost().variable("A", "b").variable("B", None):
            self.assertEqual(environment.get("A"), "b")
            self.assertIsNone(environment.get("B"))
            self.fails("denied", lambda: environment.get("C"))

    def test_requests_have_responses(self) -> None:
        url = "https://example.com/a"
        fake = (
            FakeHost()
            .response(f"GET {url}", 202, '{"state": "wait"}')
            .response(f"GET {url}", 200, '{"state": "done"}')
            .response(f"POST {url}?a%26b=%C3%BC%2F1", 503, "no " + "ü" * 400, [("retry-after", "5")])
        )
        with fake as host:
            self.assertEqual([http.get(url).json()["state"] for _ in range(3)], ["wait", "done", "done"])
            response = http.post(f"{url}#part", query={"a&b": "ü/1"}, json={"a": 1}, headers={"x-a": "b"})
            self.assertEqual(response.header("Retry-After"), "5")
            self.fails("failed", response.ok, f"^{url}.* answered with status 503: no ü{{148}}$")
            self.fails("failed", response.json, "is not JSON")
            sent = host.requests[-1]
            self.assertEqual(sent.body, b'{"a":1}')
            self.assertEqual(sent.headers, [("x-a", "b"), ("content-type", "application/json")])
            self.fails("denied", lambda: http.delete(url))

    def test_commands_have_outputs(self) -> None:
        fake = FakeHost().command("git", ["log", "-1"], "1f9e\n").command("git", ["push"], code=1, stderr="no branch\n")
        with fake as host:
            self.assertEqual(process.run("git", ["log", "-1"], stdin="in").ok().text(), "1f9e\n")
            self.fails("failed", lambda: process.run("git", ["push"]).ok(), "the command ended with exit code 1: no branch")
            self.fails("denied", lambda: process.run("git", ["commit", "-m", "a b", ""]))
        self.assertEqual(host.calls, ["run git log -1", "run git push", 'run git commit -m "a b" ""'])
        self.assertEqual(host.requests[0].body, b"in")

    def test_functions_of_the_host_return_values(self) -> None:
        fake = FakeHost().function("inventory.owner", {"team": "storage"}).function("inventory.owner", {"team": "network"})
        with fake.function("clock", None) as host:
            teams = [functions.call("inventory.owner", {"host": "web1"})["team"] for _ in range(3)]
            self.assertEqual(teams, ["storage", "network", "network"])
            self.assertIsNone(functions.call("clock"))
            self.fails("denied", lambda: functions.call("inventory.team"))
        self.assertEqual(
            host.calls[2:], ['call inventory.owner {"host":"web1"}', "call clock null", "call inventory.team null"]
        )

    def test_a_call_fails_where_the_test_wants_it(self) -> None:
        with FakeHost().file("/etc/shadow", "x").fails("read /etc/shadow", "denied") as host:
            self.fails("denied", lambda: files.read("/etc/shadow"))
        self.assertEqual(host.calls, ["read /etc/shadow"])

    def test_the_last_host_answers(self) -> None:
        with FakeHost().variable("A", "outer"):
            with FakeHost().variable("A", "inner"):
                self.assertEqual(environment.get("A"), "inner")
            self.assertEqual(environment.get("A"), "outer")


if __name__ == "__main__":
    unittest.main()
