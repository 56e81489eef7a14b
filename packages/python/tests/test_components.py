"""What components answer, and what becomes of failures."""

from __future__ import annotations

import unittest
from dataclasses import dataclass
from typing import Any, Literal

from driftless_plugin import (
    Failure,
    HostError,
    _dispatch,
    command,
    facts,
    hook,
    log,
    log_filter,
    log_output,
    log_parser,
    log_source,
    task,
    template_filter,
    template_function,
)
from driftless_plugin import testing as host
from driftless_plugin.testing import Error, FakeHost

seen: list[Any] = []


@dataclass
class Say:
    what: Any
    times: int = 2
    level: Literal["low", "high"] | None = None


@task
def say(config: Say) -> Any:
    """Says something.

    This is for those who read the source.
    """
    if config.what == "failure":
        raise Failure("not today") from ValueError("it rains")
    if config.what == "denied":
        raise HostError("denied", "no permission covers it")
    if config.what == "mistake":
        raise TypeError("no such thing")
    return config.what * config.times if isinstance(config.what, str) else config.what


@facts
def given(config: dict[str, Any]) -> Any:
    return config["facts"]


@facts
def impossible() -> Any:
    return {"a": object()}


@template_filter
def shout(value: str, marks: int = 1, *, mark: str | None = None) -> str:
    return value.upper() + (mark or "!") * marks


@dataclass
class Currency:
    currency: str = "€"


@template_function
def price(amount: float, config: Currency) -> str:
    return f"{amount} {config.currency}"


@log_parser
def words(line: str) -> dict[str, Any]:
    return {"words": line.split(" ")}


@log_filter(name="any")
def any_key(entry: dict[str, Any]) -> bool:
    return len(entry) > 0


@log_filter
def unsure(config: Currency, entry: Any) -> Any:
    return config.currency


@log_output
def keep(entry: Any) -> None:
    seen.append(entry)


@dataclass
class Count:
    to: int
    fail_at: int | None = None


@log_source
def count(config: Count) -> Any:
    seen.append("started")
    for number in range(config.to):
        if number == config.fail_at:
            raise Failure(f"record {number} cannot be had")
        yield "x" * 1000


@command(name="sum")
def add_up(args: list[int]) -> int:
    return sum(args)


@hook
def before_task(context: dict[str, Any]) -> Any:
    return {"allow": context["name"] != "no"}


@hook
def shutdown() -> None:
    seen.append("shutdown")


ALL = {kind: dict(known) for kind, known in _dispatch.components.items()}


class Components(unittest.TestCase):
    def setUp(self) -> None:
        # Other tests register components of their own.
        for kind, known in ALL.items():
            _dispatch.components[kind].clear()
            _dispatch.components[kind].update(known)
        seen.clear()

    def refused(self, call: Any, *arguments: Any) -> str:
        with self.assertRaises(Error) as raised:
            call(*arguments)
        return str(raised.exception)

    def test_a_task_answers_with_a_task_result(self) -> None:
        self.assertEqual(host.execute_task("say", {"what": "a"}), {"status": "success", "message": "aa"})
        self.assertEqual(host.execute_task("say", {"what": "a", "times": 3.0})["message"], "aaa")
        self.assertEqual(host.execute_task("say", {"what": None}), {"status": "success"})
        result = host.execute_task("say", {"what": {"message": "m", "data": 1}})
        self.assertEqual(result, {"status": "success", "message": "m", "data": 1})
        self.assertEqual(host.execute_task("say", {"what": {"status": "error", "code": 7}}), {"status": "error", "code": 7})
        self.assertEqual(say(Say("b", 1)), "b")
        self.assertEqual(host.task_definitions()[0]["description"], "Says something.")

    def test_a_failure_of_a_task_is_a_task_result_and_a_mistake_is_not(self) -> None:
        def message(what: Any) -> str:
            return host.execute_task("say", {"what": what})["message"]

        self.assertEqual(message("failure"), "not today: it rains")
        self.assertEqual(message("denied"), "no permission covers it")
        self.assertEqual(message(5), "a task returns nothing, a message, or a dict")
        self.assertEqual(message({"status": "fine"}), "the status of a task is `success` or `error`, not 'fine'")
        text = self.refused(host.execute_task, "say", {"what": "mistake"})
        self.assertRegex(text, r"^TypeError: no such thing, at .*test_components.py:\d+$")
        self.assertEqual(host.execute_task("dance")["message"], "Unknown task: dance")

    def test_a_configuration_that_does_not_fit_is_told(self) -> None:
        def message(config: str) -> str:
            result = _dispatch.execute_task("say", config)
            start = '{"status":"error","message":"its configuration does not fit: '
            self.assertTrue(result.startswith(start), result)
            return result[len(start) : -2]

        self.assertEqual(message("{"), "it is no JSON")
        self.assertEqual(message("{}"), "missing field `what`")
        self.assertEqual(
            message('{"what": 1, "times": "x"}'), '`times`: invalid type: string \\"x\\", expected an integer'
        )
        self.assertEqual(
            message('{"what": 1, "level": "top"}'), "`level`: unknown variant `top`, expected `low` or `high`"
        )
        self.assertEqual(message("[]"), "invalid type: sequence, expected an object")

    def test_an_unknown_component_is_named(self) -> None:
        for call, noun, arguments in (
            (host.execute_facts_collector, "facts collector", ()),
            (host.execute_log_source, "log source", ()),
            (host.execute_log_parser, "log parser", ("",)),
            (host.execute_log_filter, "log filter", ({},)),
            (host.execute_log_output, "log output", ({},)),
            (host.execute_template_filter, "template filter", (1,)),
            (host.execute_template_function, "template function", ()),
            (host.execute_command, "command", ()),
        ):
            self.assertEqual(self.refused(call, "say", *arguments), f"Unknown {noun}: say")

    def test_facts_are_an_object(self) -> None:
        self.assertEqual(host.execute_facts_collector("given", {"facts": {"error": "data"}}), {"error": "data"})
        text = self.refused(host.execute_facts_collector, "given", {"facts": [1]})
        self.assertEqual(text, "what it returned is not a JSON object")
        text = self.refused(host.execute_facts_collector, "impossible")
        self.assertEqual(text, "what it returned cannot be written as JSON: object is no type of JSON")

    def test_template_extensions_take_arguments_by_place_and_by_name(self) -> None:
        self.assertEqual(host.execute_template_filter("shout", "a"), "A!")
        self.assertEqual(host.execute_template_filter("shout", "a", [2]), "A!!")
        self.assertEqual(host.execute_template_filter("shout", "a", {"mark": "?"}), "A?")
        self.assertEqual(host.execute_template_filter("shout", "a", [1, None]), "A!")
        self.assertEqual(_dispatch.execute_template_filter("shout", "", '"a"', ""), '"A!"')

        def refusal(args: str, value: str = '"a"') -> str:
            with self.assertRaises(Failure) as raised:
                _dispatch.execute_template_filter("shout", "{}", value, args)
            return str(raised.exception)

        wrong = "the argument `mark` does not fit: invalid type: integer `2`, expected a string or null"
        self.assertEqual(refusal("[1, 2, 3]"), wrong)
        self.assertEqual(refusal('[1, "", 3]'), "there are too many arguments; it takes: marks, mark")
        self.assertEqual(refusal('{"positional": [1], "keyword": {"marks": 2}}'), "the argument `marks` is given twice")
        self.assertEqual(refusal('{"keyword": {"width": 2}}'), "there is no argument `width`; it takes: marks, mark")
        start = "its list of arguments does not fit: "
        self.assertEqual(refusal("3"), f"{start}invalid type: integer `3`, expected an array or an object")
        self.assertEqual(refusal('{"x": 1}'), f"{start}unknown field `x`, expected `positional` or `keyword`")
        self.assertEqual(refusal("[]", "5"), "the value does not fit: invalid type: integer `5`, expected a string")
        self.assertEqual(host.execute_template_function("price", [5]), "5.0 €")
        self.assertEqual(host.execute_template_function("price", {"amount": 5.5}, {"currency": "$"}), "5.5 $")
        self.assertEqual(self.refused(host.execute_template_function, "price"), "the argument `amount` is missing")

    def test_log_components(self) -> None:
        self.assertEqual(host.execute_log_parser("words", "a b"), {"words": ["a", "b"]})
        self.assertIs(host.execute_log_filter("any", {"a": 1}), True)
        self.assertIs(host.execute_log_filter("any", {}), False)
        self.assertEqual(self.refused(host.execute_log_filter, "unsure", {}), "what it returned is neither true nor false")
        host.execute_log_output("keep", {"a": 1})
        self.assertEqual(seen, [{"a": 1}])

    def test_a_source_hands_its_records_over_in_batches_and_its_failure_behind_them(self) -> None:
        self.assertEqual(len(host.execute_log_source("count", {"to": 1000})), 1000)
        self.assertEqual(seen, ["started"])
        self.assertEqual(host.execute_log_source("count", {"to": 0}), [])

        config = '{"to": 5, "fail_at": 2}'
        self.assertTrue(_dispatch.execute_log_source("count", config).endswith('"],"more":true}'))
        with self.assertRaisesRegex(Failure, "record 2 cannot be had"):
            _dispatch.execute_log_source("count", config)
        self.assertEqual(
            self.refused(host.execute_log_source, "count", {"to": 5, "fail_at": 0}), "record 0 cannot be had"
        )

    def test_hooks_and_commands_are_called(self) -> None:
        self.assertEqual(_dispatch.get_hooks(), '["before_task"]')
        self.assertEqual(host.call_hook("before_task", {"name": "no"}), {"allow": False})
        self.assertIsNone(host.call_hook("after_task", {}, {}))
        self.assertIsNone(host.call_hook("shutdown"))
        self.assertEqual(seen, ["shutdown"])
        self.assertEqual(host.execute_command("sum", [1, 2]), 3)
        self.assertEqual(_dispatch.get_definitions("command"), '[{"name":"sum"}]')

    def test_a_component_that_cannot_be_called_is_refused_at_once(self) -> None:
        def variadic(*args: Any) -> None: ...
        def too_many(line: str, more: int) -> Any: ...
        async def asynchronous() -> None: ...

        for decorator, function, words in (
            (task(name="a b"), lambda: None, "not 'a b'"),
            (task(name="say"), lambda: None, "two components of the kind task that are called `say`"),
            (task, variadic, "takes `\\*args`"),
            (log_parser, too_many, "takes `more`, which the host does not pass"),
            (task, asynchronous, "is asynchronous"),
            (template_filter(name="x"), lambda: None, "takes no value"),
            (task(name="x", config={"type": "object"}), lambda: None, "no parameter `config`"),
            (hook, variadic, "there is no hook `variadic`"),
        ):
            with self.assertRaisesRegex(TypeError, words):
                decorator(function)

    def test_numbers_and_text_that_json_does_not_have(self) -> None:
        given = {"facts": {"a": float("nan")}}
        self.assertEqual(ALL["facts_collector"]["given"].call(config=given)["a"] != 0, True)
        from driftless_plugin._json import write

        self.assertEqual(write([float("inf"), {"a": float("nan")}, (1,)]), '[null,{"a":null},[1]]')
        self.assertEqual(write("\ud800ü"), '"\ufffdü"')
        self.assertEqual(write(18446744073709551615), "18446744073709551615")

    def test_messages_reach_the_host(self) -> None:
        with FakeHost() as fake:
            log.info("a")
            log.error(Failure("broken"))
        self.assertEqual(fake.logged, [("info", "a"), ("error", "broken")])


if __name__ == "__main__":
    unittest.main()
