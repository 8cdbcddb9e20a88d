"""The list of mechanisms that are taken out fits the code, and the table of docs/security.md shows it."""

from collections import Counter

import pytest

from tests.mechanisms import PROJECT_ROOT, Mechanism, load_mechanisms

TABLE = "| promise | what keeps it | test |"


@pytest.mark.parametrize("mechanism", load_mechanisms(), ids=lambda mechanism: mechanism.promise)
def test_a_mechanism_is_where_the_list_says(mechanism: Mechanism) -> None:
    assert (PROJECT_ROOT / mechanism.file).read_text().count(mechanism.present) == 1
    assert all((PROJECT_ROOT / part).exists() for part in mechanism.test.split() if part.startswith("tests/"))


def test_the_table_of_the_documentation_lists_every_mechanism() -> None:
    rows = [f"| {each.promise} | `{each.file}` | `{each.test.partition(' ')[0]}` |" for each in load_mechanisms()]
    shown = (PROJECT_ROOT / "docs" / "security.md").read_text().partition(TABLE)[2].partition("\n\n")[0]

    assert shown.strip().splitlines()[1:] == rows
    assert Counter(each.promise for each in load_mechanisms()).most_common(1)[0][1] == 1
