"""The messages of this SDK are those of the protocol's samples."""

from __future__ import annotations

import json
import unittest
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from driftless_plugin import HostError, _dispatch, _host, environment, facts, files, functions, http, log, log_source, process, task
from driftless_plugin import template_filter, template_function

SAMPLES = Path(__file__).parents[2] / "protocol/samples"


def samples(name: str) -> list[Any]:
    return json.loads((SAMPLES / f"{name}.json").read_text())


class Scripted:
    """A host that keeps what it is asked, and answers in turn."""

    def __init__(self, answers: list[Any] = []) -> None:
        self.answers = list(answers)
        self.requests: list[Any] = []
        self.levels: list[str] = []

    def __enter__(self) -> Scripted:
        _host.hosts.append(self)
        return self

    def __exit__(self, *_: object) -> None:
        _host.hosts.remove(self)

    def answer(self, capability: str, request: str, body: bytes) -> tuple[str, bytes]:
        self.requests.append((capability, json.loads(request)))
        answer = self.answers.pop(0) if self.answers else {"error": {"kind": "failed", "message": "no answer"}}
        return json.dumps(answer), b""

    def log(self, level: str, message: str) -> None:
        self.levels.append(level)


@dataclass
class Greet:
    name: str
    times: int = 1


class Samples(unittest.TestCase):
    def asks(self, capability: str, *ask: Any) -> None:
        with Scripted() as host:
            for one in ask:
                with self.assertRaisesRegex(HostError, "no answer"):
                    one()
        self.assertEqual(host.requests, [(capability, request) for request in samples(f"{capability}_request")])

    def test_requests(self) -> None:
        path = "/srv/app/motd"
        self.asks(
            "file",
            lambda: files.read(path),
            lambda: files.write(path, ""),
            lambda: files.write_in_place(path, ""),
            lambda: files.append(path, ""),
            lambda: files.create_new(path, ""),
            lambda: files.list("/srv/app"),
            lambda: files.stat(path),
        )
        url = "https://api.example.com/notes"
        self.asks(
            "http",
            lambda: http.get(url, query={"by": "Ada L."}),
            lambda: http.post(url, headers={"authorization": "Bearer secret"}, json={}),
        )
        self.asks("environment", lambda: environment.get("TOKEN"))
        self.asks("process", lambda: process.run("git", ["log", "-1"]), lambda: process.run("true"))
        self.asks(
            "functions",
            lambda: functions.call("inventory.owner", {"host": "web1"}),
            lambda: functions.call("clock"),
        )

    def test_answers(self) -> None:
        with Scripted(samples("file_answer")):
            self.assertEqual(files.read("/x"), b"")
            files.write("/x", "")
            self.assertEqual([entry.kind for entry in files.list("/x")], ["folder", "file", "link", "other"])
            self.assertEqual(files.stat("/x"), files.Stat("file", 8, 1700000000))
            self.assertEqual(files.stat("/x"), files.Stat("folder", 0, None))
        with Scripted(samples("http_answer")):
            self.assertEqual(http.get("https://x/").header("Location"), "/notes/1")
        with Scripted(samples("environment_answer")):
            self.assertEqual([environment.get("TOKEN"), environment.get("TOKEN")], ["secret", None])
        with Scripted(samples("process_answer")):
            with self.assertRaisesRegex(HostError, "the command ended with exit code 1: no branch"):
                process.run("git").ok()
            with self.assertRaisesRegex(HostError, "signal 9 ended the command"):
                process.run("git").ok()
        with Scripted(samples("functions_answer")):
            returned = [functions.call("f") for _ in range(3)]
            self.assertEqual(returned, [{"team": "storage", "since": 2024}, None, ["a", 1, True]])
        with Scripted(samples("error_answer")):
            for kind in ("denied", "not_found", "limit", "invalid", "failed"):
                with self.assertRaisesRegex(HostError, "^why$") as raised:
                    files.read("/x")
                self.assertEqual(raised.exception.kind, kind)

    def test_levels(self) -> None:
        with Scripted() as host:
            for level in samples("level"):
                getattr(log, level)("x")
        self.assertEqual(host.levels, samples("level"))

    def test_definitions_results_and_records(self) -> None:
        for known in _dispatch.components.values():
            known.clear()

        @task
        def greet(config: Greet) -> Any:
            """Greets a person"""
            port = {"message": "it is one", "port": 80, "nothing": None}
            return {"nothing": None, "Ada": "Hello Ada", "port": port}[config.name]

        facts(name="system")(lambda: {})
        template_filter(name="shout")(lambda value: value)
        template_function(name="add")(lambda: 0)
        lists = (("task",), ("facts_collector",), ("template_filter", "template_function"))
        definitions = [definition for kinds in lists for definition in json.loads(_dispatch.get_definitions(*kinds))]
        self.assertEqual(definitions, samples("definition"))

        results = [_dispatch.execute_task("greet", json.dumps({"name": name})) for name in ("nothing", "Ada", "port")]
        results.append(_dispatch.execute_task("dance", "{}"))
        self.assertEqual(results, [json.dumps(result, separators=(",", ":")) for result in samples("task_result")])

        @log_source
        def some(config: dict[str, Any]) -> Any:
            if config.get("much"):
                yield "a line"
                yield {"message": "an entry"}
                raise ValueError("the end")

        records = [_dispatch.execute_log_source("some", config) for config in ("{}", '{"much": true}')]
        self.assertEqual(records, [json.dumps(batch, separators=(",", ":")) for batch in samples("records")])

        (sample,) = samples("manifest")
        components = sample.pop("components")
        _dispatch.set_manifest(sample)
        manifest = json.loads(_dispatch.get_plugin_metadata())
        known = manifest.pop("components")
        self.assertEqual(manifest, sample)
        self.assertEqual(known[0], components[0])
        self.assertLessEqual({one["kind"] for one in known}, set(samples("component_kind")))

    def test_arguments(self) -> None:
        template_function(name="given")(lambda first=None, end=None, last=None: [first, end, last])
        lists = [_dispatch.execute_template_function("given", "{}", json.dumps(args)) for args in samples("arguments")]
        self.assertEqual(
            [json.loads(one) for one in lists], [[None, None, None], [20, "…", None], [20, "…", None]]
        )


if __name__ == "__main__":
    unittest.main()
