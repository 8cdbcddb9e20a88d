"""A shell in the place of the converter, or of a parser: what it reaches with each mechanism, and without it.

The table of docs/security.md is what `python -m tests.shell_in_place` prints.
"""

import os

import pytest

from app.core.file_service.landlock import get_landlock_version
from tests.shell_attempts import ATTEMPTS
from tests.shell_in_place import NOTHING_OPENED, PROJECT_ROOT, format_table, run_cases

HAS_ALL_MECHANISMS = get_landlock_version() >= 6 and os.path.exists("/proc/self/ns/user")  # noqa: PTH110

LESS = (", no namespaces", ", no namespaces, Landlock 2")


def list_successes(title: str) -> list[str] | str:
    result = run_cases()[title]
    return result if isinstance(result, str) else [name for name in ATTEMPTS if result[name]]


def test_without_the_service_the_shell_reaches_everything() -> None:
    assert list_successes("without the service") == list(ATTEMPTS)


def test_a_shell_reaches_nothing() -> None:
    places = [f"{place}{without}" for place in ("converter", "parser") for without in ("", *LESS)]

    assert {title: list_successes(title) for title in places} == {title: [] for title in places}


def test_nothing_is_opened_without_what_keeps_files_and_network_away() -> None:
    assert list_successes("no Landlock") == list_successes("no filter") == NOTHING_OPENED


def test_in_the_demo_a_namespace_keeps_the_network_away_without_a_filter() -> None:
    reached = list_successes("demo, converter, no filter")

    assert "database" in reached
    assert {"tcp", "udp", "abstract", "store", "portal"}.isdisjoint(reached)


@pytest.mark.skipif(not HAS_ALL_MECHANISMS, reason="this kernel lacks some of the mechanisms")
def test_the_table_of_the_documentation_is_what_was_tried() -> None:
    assert format_table() in (PROJECT_ROOT / "docs" / "security.md").read_text()
