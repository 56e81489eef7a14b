"""What the host calls is called here as well."""

import unittest

from driftless_plugin import testing

import plugin  # noqa: F401


class Tasks(unittest.TestCase):
    def test_greets_by_name(self) -> None:
        result = testing.execute_task("greet", {"who": "Ada"})
        self.assertEqual(result, {"status": "success", "message": "Hello Ada"})

    def test_refuses_an_empty_name(self) -> None:
        result = testing.execute_task("greet", {"who": ""})
        self.assertEqual(result, {"status": "error", "message": "the name to greet is empty"})
