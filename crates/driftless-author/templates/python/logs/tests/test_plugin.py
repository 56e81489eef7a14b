"""What the host calls is called here as well."""

import unittest

from driftless_plugin import testing

import plugin  # noqa: F401


class Stages(unittest.TestCase):
    def test_a_line_becomes_an_entry(self) -> None:
        self.assertEqual(testing.execute_log_parser("key_value", "level=info"), {"level": "info"})
        with self.assertRaisesRegex(testing.Error, "`hello` is no key=value"):
            testing.execute_log_parser("key_value", "hello")

    def test_an_entry_is_kept_or_dropped(self) -> None:
        self.assertTrue(testing.execute_log_filter("has", {"error": "timeout"}, {"key": "error"}))
        self.assertFalse(testing.execute_log_filter("has", {"level": "info"}, {"key": "error"}))
