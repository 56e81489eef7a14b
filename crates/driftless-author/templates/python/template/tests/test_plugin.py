"""What the host calls is called here as well."""

import unittest

from driftless_plugin import testing

import plugin  # noqa: F401


class Templates(unittest.TestCase):
    def test_a_filter_takes_arguments(self) -> None:
        self.assertEqual(testing.execute_template_filter("shout", "hey"), "HEY!")
        self.assertEqual(testing.execute_template_filter("shout", "hey", [3]), "HEY!!!")

    def test_a_function_can_fail(self) -> None:
        self.assertEqual(testing.execute_template_function("greeting", ["Ada"]), "Hello Ada")
        with self.assertRaisesRegex(testing.Error, "the name to greet is empty"):
            testing.execute_template_function("greeting", [""])
