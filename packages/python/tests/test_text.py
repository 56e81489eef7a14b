"""Half of a surrogate pair, which ``surrogateescape`` and cut JSON leave, is U+FFFD wherever it goes."""

from __future__ import annotations

import json
import unittest
from typing import Any

from driftless_plugin import Failure, _dispatch, environment, facts, files, functions, http, log, log_parser, log_source, process, task
from driftless_plugin._json import write
from driftless_plugin._text import well_formed
from driftless_plugin.testing import Error, FakeHost, execute_task

CUT = "caf" + b"\xe9".decode(errors="surrogateescape")
WHOLE = "caf\ufffd"


@task(name="half")
def half() -> Any:
    return {"message": CUT, CUT: {"deep": [CUT]}}


@task(name="half_failure")
def half_failure() -> None:
    raise Failure(CUT) from ValueError("because of " + CUT)


@task(name="half_mistake")
def half_mistake() -> None:
    raise ValueError(CUT)


@facts(name="half")
def half_facts() -> Any:
    return {CUT: CUT}


@log_parser(name="half")
def half_parser(line: str) -> Any:
    return {"message": line + CUT}


@log_source(name="half")
def half_source() -> Any:
    return [CUT]


ALL = {kind: dict(known) for kind, known in _dispatch.components.items()}


class Halves(unittest.TestCase):
    def setUp(self) -> None:
        # Other tests register components of their own.
        for kind, known in ALL.items():
            _dispatch.components[kind].clear()
            _dispatch.components[kind].update(known)

    def test_a_pair_stays_and_a_half_becomes_the_replacement(self) -> None:
        for text, expected in (
            ("🎉", "🎉"),
            ("\ud83c\udf89", "🎉"),
            ("\ud83c", "\ufffd"),
            ("\udf89\ud83c", "\ufffd\ufffd"),
            ("\ud83c\ud83c\udf89\udf89", "\ufffd🎉\ufffd"),
            ("\\ud83c", "\\ud83c"),
            ("\\\ud83c", "\\\ufffd"),
            ("\0\x1f\"", "\0\x1f\""),
        ):
            self.assertEqual(well_formed(text), expected)
            self.assertEqual(json.loads(write({text: [text]})), {expected: [expected]})

    def test_in_every_reply(self) -> None:
        reply = json.loads(_dispatch.execute_task("half", "{}"))
        self.assertEqual(reply, {"status": "success", "message": WHOLE, WHOLE: {"deep": [WHOLE]}})
        self.assertEqual(_dispatch.execute_facts_collector("half", "{}"), f'{{"{WHOLE}":"{WHOLE}"}}')
        self.assertEqual(_dispatch.execute_log_parser("half", "{}", "a "), f'{{"message":"a {WHOLE}"}}')
        self.assertEqual(_dispatch.execute_log_source("half", "{}"), f'{{"records":["{WHOLE}"],"more":false}}')

    def test_in_what_is_raised_and_told(self) -> None:
        with FakeHost() as host:
            log.info(CUT)
        self.assertEqual(host.logged, [("info", WHOLE)])
        reply = execute_task("half_failure")
        self.assertEqual(reply, {"status": "error", "message": f"{WHOLE}: because of {WHOLE}"})
        with self.assertRaises(Error) as raised:
            execute_task("half_mistake")
        self.assertTrue(str(raised.exception).startswith(f"ValueError: {WHOLE}, at "), raised.exception)

    def test_in_what_the_host_is_asked(self) -> None:
        url = "https://example.com/"
        fake = FakeHost().variable(WHOLE, "x").command("git", [WHOLE]).function("owner", 1)
        with fake.response(f"POST {url}?a=caf%EF%BF%BD", 200) as host:
            files.write(f"/srv/{CUT}", CUT)
            self.assertEqual(environment.get(CUT), "x")
            process.run("git", [CUT], stdin=CUT)
            functions.call("owner", {"a": CUT})
            http.post(url, query={"a": CUT}, headers={"x-a": CUT}, json={"a": CUT})
        self.assertEqual(host.written(f"/srv/{WHOLE}"), WHOLE)
        bodies = [request.body.decode() for request in host.requests]
        self.assertEqual(bodies, [WHOLE, "", WHOLE, "", f'{{"a":"{WHOLE}"}}'])


if __name__ == "__main__":
    unittest.main()
