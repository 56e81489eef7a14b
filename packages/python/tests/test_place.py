"""Whose a file is, and where it stands in the project."""

from __future__ import annotations

import json
import unittest
from typing import Any

from driftless_plugin import _place
from driftless_plugin._place import is_called_by_author, is_own, of_caller, shorten


class Places(unittest.TestCase):
    def test_files_of_a_component(self) -> None:
        _place.roots.update({"/2/": "src/", "/3/": "site-packages/"})
        try:
            for file, shown, own in (
                ("/2/plugin.py", "src/plugin.py", True),
                ("/2/parts/names.py", "src/parts/names.py", True),
                ("/3/requests/api.py", "site-packages/requests/api.py", False),
                ("/0/driftless_app.py", "/0/driftless_app.py", False),
                ("/python/json/decoder.py", "/python/json/decoder.py", False),
                ("<string>", "<string>", False),
                (_place.__file__, _place.__file__, False),
            ):
                self.assertEqual((shorten(file), is_own(file)), (shown, own))
        finally:
            _place.roots.clear()

    def test_who_calls(self) -> None:
        self.assertTrue(is_called_by_author())
        self.assertRegex(of_caller() or "", r"test_place.py:\d+$")
        calls: list[bool] = []

        def note(pairs: Any) -> Any:
            calls.append(is_called_by_author())
            return pairs

        # A part of Python that does more than to hand on is no author.
        json.loads("{}", object_pairs_hook=note)
        self.assertEqual(calls, [True])
        within = {"__name__": "logging", "ask": is_called_by_author}
        exec(compile("def f():\n    return ask()", json.__file__, "exec"), within)
        self.assertFalse(within["f"]())  # type: ignore[operator]
        within["__name__"] = "pathlib"
        self.assertTrue(within["f"]())  # type: ignore[operator]


if __name__ == "__main__":
    unittest.main()
