"""What the host calls is called here as well."""

import unittest

from driftless_plugin import testing

import plugin  # noqa: F401


class Tasks(unittest.TestCase):
    def test_somebody_is_greeted(self) -> None:
        result = testing.execute_task("greet", {"who": "Ada"})
        self.assertEqual(result, {"status": "success", "message": "Hello Ada"})

    def test_nobody_is_not(self) -> None:
        result = testing.execute_task("greet", {"who": ""})
        self.assertEqual(result, {"status": "error", "message": "there is nobody to greet"})
