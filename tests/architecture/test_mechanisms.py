"""The list of mechanisms that are taken out fits the code, and the table of docs/security.md shows it."""

from collections import Counter
from functools import cache

from tests.mechanisms import PROJECT_ROOT, load_mechanisms

TABLE = "| promise | what keeps it | test |"


def test_each_mechanism_is_where_the_list_says() -> None:
    read = cache(lambda file: (PROJECT_ROOT / file).read_text(encoding="utf-8"))
    elsewhere = [each.promise for each in load_mechanisms() if read(each.file).count(each.present) != 1]
    untested = [
        each.promise
        for each in load_mechanisms()
        if not all((PROJECT_ROOT / part).exists() for part in each.test.split() if part.startswith("tests/"))
    ]
    assert len(load_mechanisms()) > 500
    assert (elsewhere, untested) == ([], [])


def test_the_table_of_the_documentation_lists_every_mechanism() -> None:
    rows = [f"| {each.promise} | `{each.file}` | `{each.test.partition(' ')[0]}` |" for each in load_mechanisms()]
    shown = (PROJECT_ROOT / "docs" / "security.md").read_text().partition(TABLE)[2].partition("\n\n")[0]

    assert shown.strip().splitlines()[1:] == rows
    assert Counter(each.promise for each in load_mechanisms()).most_common(1)[0][1] == 1
