"""What components answer, and what becomes of failures."""

from __future__ import annotations

import collections
import datetime
import decimal
import enum
import pathlib
import unittest
import uuid
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
from driftless_plugin._failure import WrongResult, explain
from driftless_plugin._json import write
from driftless_plugin.testing import Error, FakeHost

seen: list[Any] = []


class Level(enum.Enum):
    HIGH = "high"


class Mute(Exception):
    def __str__(self) -> str:
        return self.nothing  # type: ignore[attr-defined,no-any-return]


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
        self.assertEqual(host.execute_task("dance")["message"], "Unknown task: dance")
        for what, words in (
            (5, "^a task returns nothing, a message, or a dict, and not what is of the type int, at .*test_components.py:"),
            ({"status": "fine"}, "^the status of a task is `success` or `error`, not 'fine', at "),
            ({"message": 1}, "^the message of a task is text, at "),
        ):
            self.assertRegex(self.refused(host.execute_task, "say", {"what": what}), words)
        text = self.refused(host.execute_task, "say", {"what": "mistake"})
        self.assertRegex(text, r"^TypeError: no such thing, at .*test_components.py:\d+$")

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
        self.assertRegex(text, r"^what it returned is not a JSON object: it is of the type list; return a dict or a dataclass, at .*:\d+$")
        text = self.refused(host.execute_facts_collector, "impossible")
        self.assertRegex(text, r"^what it returned cannot be written as JSON: `a` is of the type object; write a dict of what it holds, .*, at .*:\d+$")

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
        words = r"^what it returned is neither true nor false: it is of the type str; return a bool, at .*:\d+$"
        self.assertRegex(self.refused(host.execute_log_filter, "unsure", {}), words)
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

    def test_what_json_does_not_have_is_told_with_its_path(self) -> None:
        holds_itself: list[Any] = []
        holds_itself.append(holds_itself)
        for value, words in (
            ({"a": [float("nan")]}, "`a[0]` is `nan`, which is no number; write `None`"),
            (float("-inf"), "it is `-inf`, which is no number"),
            ([2**64], "`[0]` is an integer of more than 64 bits; write `str(…)`"),
            ({"a": {"when": datetime.datetime(2020, 1, 1)}}, "`a.when` is of the type datetime; write `.isoformat()`"),
            ({"for": datetime.timedelta(1)}, "write `.total_seconds()`"),
            ({"price": decimal.Decimal("1.10")}, "`price` is of the type Decimal; write `str(…)`, which keeps its digits"),
            ({"raw": b"x"}, "`raw` is of the type bytes; write `.decode()`"),
            ({"all": (one for one in [1])}, "`all` is of the type generator; write `list(…)`"),
            ({"all": range(3)}, "write `list(…)`"),
            ({"all": {}.values()}, "write `list(…)`"),
            ({"all": {1, "a"}}, "`all` is a set of what has no order; write `list(…)`"),
            ({"all": {(1, 2): 3}}, "`all` is a dict with a key of the type tuple"),
            ({"file": pathlib.PurePosixPath("/x")}, "write `str(…)`"),
            ({"id": uuid.UUID(int=1)}, "write `str(…)`"),
            ({"why": ValueError("x")}, "write `str(…)`"),
            ({"how": len}, "write what it returns: call it"),
            ({"what": Say}, "write `.__name__`"),
            ({"what": 1j}, "write its `.real` and `.imag`"),
            (Currency(object()), "`currency` is of the type object"),  # type: ignore[arg-type]
            ([holds_itself], "`[0][0]` holds itself"),
        ):
            with self.assertRaises(WrongResult) as raised:
                write(value)
            self.assertIn(words, str(raised.exception))

    def test_what_json_has_in_another_form(self) -> None:
        point = collections.namedtuple("point", "x y")
        for value, text in (
            ((1, (2,)), "[1,[2]]"),
            (point(1, 2), "[1,2]"),
            ({3, 1, 2}, "[1,2,3]"),
            (frozenset("ba"), '["a","b"]'),
            (Currency("$"), '{"currency":"$"}'),
            ([Level.HIGH], '["high"]'),
            ({1: 2, None: 3, True: 4, 1.5: 6}, '{"1":4,"null":3,"1.5":6}'),
            (collections.OrderedDict(a=1), '{"a":1}'),
            (2**64 - 1, "18446744073709551615"),
            (-(2**63), "-9223372036854775808"),
            ("1" * 40, f'"{"1" * 40}"'),
            (1.0, "1.0"),
            ("\ud800ü", '"\ufffdü"'),
        ):
            self.assertEqual(write(value), text)

    def test_what_can_never_work_is_refused(self) -> None:
        def nothing() -> None: ...
        def text() -> str: ...  # type: ignore[empty-body]
        def many() -> list[dict[str, Any]]: ...  # type: ignore[empty-body]
        def either() -> dict[str, int] | None: ...
        def yields() -> Any:
            yield 1

        def takes(config: str) -> None: ...
        def takes_many(config: list[int]) -> None: ...
        def takes_one(config: Literal["a"]) -> None: ...
        def takes_text(config: dict[str, Any]) -> None: ...
        def verdict(entry: Any) -> str: ...  # type: ignore[empty-body]
        def half(value: str, marks: int = "x") -> str: ...  # type: ignore[assignment,empty-body]
        def method(self: Any, config: Any) -> None: ...
        def forgets(value: str) -> Any:
            def inner() -> str:
                return value

            inner()

        def always_raises(value: str) -> str:
            raise Failure(value)


        for decorator, function, words in (
            (facts(name="x"), nothing, "`x` returns None, and has to return an object; return a dict, a dataclass"),
            (facts(name="x"), text, "`x` returns str"),
            (log_parser(name="x"), many, r"`x` returns list\[dict"),
            (facts(name="x"), yields, "is a generator"),
            (task(name="x"), many, "has to return nothing, a message or a dict"),
            (log_filter(name="x"), verdict, "has to return a bool"),
            (log_source(name="x"), text, "has to return lines or entries"),
            (task(name="x"), takes, "takes a configuration that is no object"),
            (task(name="x"), takes_many, "takes a configuration that is no object"),
            (task(name="x"), takes_one, "takes a configuration that is no object"),
            (task(name="x", config={"type": "string"}), takes_text, "takes a configuration that is no object"),
            (template_filter(name="x"), forgets, "the template filter `x` returns nothing, and a template would"),
            (template_filter(name="x"), half, "the default of `marks` does not fit: invalid type: string"),
            (task(name="x"), method, "and no method of a class"),
            (task, Say, "the class `Say` is none"),
            (task, "name", "options of a decorator have names"),
        ):
            with self.assertRaisesRegex(TypeError, words):
                decorator(function)  # type: ignore[operator]
        template_filter(name="always_raises")(always_raises)
        with self.assertRaisesRegex(TypeError, "`@task` has no option `nam`"):
            task(nam="x")  # type: ignore[call-overload]
        facts(name="either")(either)

    def test_whatever_is_raised_is_told(self) -> None:
        for what, words in (
            (SystemExit(3), "^SystemExit: 3, at .*; a call ends by returning"),
            (KeyboardInterrupt(), "^KeyboardInterrupt, at .*; it is no `Exception`"),
            (GeneratorExit("x"), "^GeneratorExit: x, at "),
            (MemoryError(), "^MemoryError, at .*; a call has little memory"),
            (RecursionError("too deep"), "^RecursionError: too deep, at .*; a loop"),
            (LookupError("unknown encoding: cp1250"), 'write `codecs.lookup."cp1250".`'),
            (Mute(), "^Mute: its own message fails with AttributeError, at "),
        ):
            try:
                raise what
            except BaseException as raised:
                self.assertRegex(explain(raised), words)

    def test_messages_reach_the_host(self) -> None:
        with FakeHost() as fake:
            log.info("a")
            log.error(Failure("broken"))
        self.assertEqual(fake.logged, [("info", "a"), ("error", "broken")])


if __name__ == "__main__":
    unittest.main()
