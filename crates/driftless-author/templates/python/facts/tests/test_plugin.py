"""What the host calls is called here as well, and what the plugin asks its host for is answered by the test."""

import unittest

from driftless_plugin import testing

import plugin  # noqa: F401


class Facts(unittest.TestCase):
    def test_names_are_found(self) -> None:
        with testing.FakeHost().file("/etc/hosts", "127.0.0.1 localhost\n10.0.0.7 moon # far away\n"):
            found = testing.execute_facts_collector("hosts", {"skip": ["moon"]})
        self.assertEqual(found, {"names": {"localhost": ["127.0.0.1"]}})

    def test_what_is_not_granted_is_told(self) -> None:
        with testing.FakeHost().fails("read /etc/hosts", "denied"), self.assertRaises(testing.Error):
            testing.execute_facts_collector("hosts", {})
