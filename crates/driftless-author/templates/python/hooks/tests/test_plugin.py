"""What the host calls is called here as well."""

import unittest

from driftless_plugin import testing

import plugin  # noqa: F401


class Hooks(unittest.TestCase):
    def test_a_task_may_run_or_not(self) -> None:
        verdict = lambda **task: testing.call_hook("before_task", task)["verdict"]  # noqa: E731
        self.assertEqual(verdict(task_name="build"), "continue")
        self.assertEqual(verdict(task_name="deploy"), "abort")
        self.assertEqual(verdict(task_name="deploy", env_vars={"STAGE": "test"}), "continue")

    def test_what_happens_is_told(self) -> None:
        with testing.FakeHost() as host:
            testing.call_hook("after_task", {"task_name": "build"}, {"status": "success"})
        self.assertEqual(host.logged, [("info", "build is done")])
