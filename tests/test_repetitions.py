"""`make test` keeps tests that together call all that the suite calls."""

import re
from pathlib import Path

from tests.repetitions import NotedTest, add_promises, choose, read_repetitions

PROJECT_ROOT = Path(__file__).parent.parent


def noted(name: str, seconds: float, *calls: str) -> NotedTest:
    return NotedTest(name, seconds, frozenset(calls))


def names(chosen: list[NotedTest]) -> set[str]:
    return {each.name for each in chosen}


def test_cheap_tests_that_call_the_same_together_replace_a_dear_one() -> None:
    dear, one, other = noted("dear", 0.7, "a", "b", "c"), noted("one", 0.1, "a", "b"), noted("other", 0.2, "c")
    assert names(choose([dear, one, other])) == {"one", "other"}


def test_what_alone_calls_something_is_kept() -> None:
    assert names(choose([noted("cheap", 0.1, "a"), noted("dear", 0.25, "a", "b")])) == {"dear"}


def test_what_costs_too_much_for_the_little_that_it_alone_calls_is_left() -> None:
    assert names(choose([noted("cheap", 0.1, "a"), noted("dear", 0.5, "a", "b")])) == {"cheap"}
    assert names(choose([noted("cheap", 0.1, "a"), noted("dear", 0.5, "b", "c")])) == {"cheap", "dear"}


def test_an_act_that_works_is_kept_whatever_it_costs() -> None:
    dear = noted("dear", 5.0, "POST /meetings 303")
    assert names(choose([noted("cheap", 0.1, "a"), dear])) == {"cheap", "dear"}
    assert names(choose([noted("cheap", 0.1, "a"), noted("dear", 5.0, "POST /meetings 400")])) == {"cheap"}


def test_a_promise_keeps_one_of_its_tests() -> None:
    """That of the first mechanism, whose tests call what a cheaper one calls too."""
    file = "tests/domain/test_sealed_documents.py"
    of_promise = noted(f"{file}::test_nothing_that_was_adopted_is_revised", 0.2, "a")
    other = noted(f"{file}::test_another", 0.1, "a")
    assert names(choose([of_promise, other])) == {other.name}
    assert names(choose(add_promises([of_promise, other]))) == {of_promise.name}


def test_every_repetition_is_a_test_that_exists() -> None:
    """A test that was renamed runs in `make test` until the list is written again."""
    functions: dict[str, set[str]] = {}
    missing = []
    for name in read_repetitions():
        file, _, test = name.partition("::")
        if file not in functions:
            path = PROJECT_ROOT / file
            functions[file] = set(re.findall(r"^def (\w+)", path.read_text() if path.exists() else "", re.MULTILINE))
        if test.partition("[")[0] not in functions[file]:
            missing.append(name)
    assert missing == []
    assert len(read_repetitions()) > 1000
