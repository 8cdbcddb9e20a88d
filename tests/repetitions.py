"""Chooses which tests `make test` runs, of those that need a database or a process; the others are repetitions.

`python -m tests.repetitions FOLDER` reads what `pytest --note-calls=FOLDER` noted (`tests/noted_calls.py`), and writes
`tests/repetitions.txt`. Kept are tests that together call all that the noted tests called, as cheaply as that is found:
each function of the application and each block of a template, each statement that raised an error, each answer of each
route; and of each module of tests, and of each promise in `tests/mechanisms.toml`, one test at least.
"""

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heapreplace
from pathlib import Path

from tests.mechanisms import load_mechanisms

REPETITIONS = Path(__file__).with_suffix(".txt")
# Rules that hold for all of the application, who may see what, and what all other tests rely on.
KEPT_WHOLE = (
    *("tests/architecture/", "tests/journeys/", "tests/test_attackers.py", "tests/domain/test_row_security.py"),
    *("tests/dissemination/test_two_worlds.py", "tests/web/bodies/test_two_worlds.py"),
    *("tests/web/agendas/test_secrecy.py", "tests/test_kept_databases.py"),
)
MOST_FOR_ONE = 0.3  # seconds: a test that costs more for each of what it alone calls is left to `make test-thorough`
PROMISE, TEMPLATES = "promise: ", "templates/"
LEAST = 0.01  # seconds of a test, below which there is nothing to choose


@dataclass(frozen=True, slots=True)
class NotedTest:
    """What one test called, and the processor seconds that it took."""

    name: str
    seconds: float
    calls: frozenset[str]

    @property
    def price(self) -> float:
        return max(self.seconds, LEAST)


def read_repetitions() -> frozenset[str]:
    """The tests that `make test` leaves out because others call the same."""
    return frozenset(line for line in REPETITIONS.read_text().splitlines() if line and not line.startswith("#"))


def read_noted(folder: Path) -> list[NotedTest]:
    """Every test that was noted, in the order of names."""
    found = {}
    for file in folder.glob("*.jsonl"):
        for line in file.read_text().splitlines():
            noted = json.loads(line)
            if not noted["test"].startswith(KEPT_WHOLE):
                templates = (call.partition(" ")[0] for call in noted["calls"] if call.startswith(TEMPLATES))
                calls = frozenset([*noted["calls"], *templates, noted["test"].partition("::")[0]])
                found[noted["test"]] = NotedTest(noted["test"], noted["seconds"], calls)
    return [found[name] for name in sorted(found)]


def add_promises(noted: Sequence[NotedTest]) -> list[NotedTest]:
    """The same tests, with the promises that they are of among what they call."""
    promises: dict[str, set[str]] = defaultdict(set)
    for mechanism in load_mechanisms():
        files, _, word = mechanism.test.partition(" -k ")
        for each in noted:
            if each.name.startswith(tuple(files.split())) and word.lower() in each.name.lower():
                promises[each.name].add(PROMISE + mechanism.promise)
    return [NotedTest(each.name, each.seconds, each.calls | promises[each.name]) for each in noted]


def choose(noted: Sequence[NotedTest]) -> list[NotedTest]:
    """Tests that call all that is called: always the one next that adds most for a second."""
    missing = {call for each in noted for call in each.calls}
    waiting = [(-len(each.calls) / each.price, number) for number, each in enumerate(noted)]
    heapify(waiting)
    chosen = []
    while missing:
        number = waiting[0][1]
        worth = -len(noted[number].calls & missing) / noted[number].price
        heapreplace(waiting, (worth, number))
        if waiting[0] == (worth, number):  # it was not overestimated
            heappop(waiting)
            chosen.append(noted[number])
            missing -= noted[number].calls
    return without_superfluous(chosen)


def without_superfluous(chosen: Iterable[NotedTest]) -> list[NotedTest]:
    """Leave out, the dearest first, what alone calls nothing, or too little for what it costs: a promise counts twice,
    and what has to be kept is kept."""
    kept = sorted(chosen, key=lambda each: -each.seconds)
    callers = Counter(call for each in kept for call in each.calls)
    for each in list(kept):
        alone = [call for call in each.calls if callers[call] == 1]
        worth = MOST_FOR_ONE * sum(2 if call.startswith(PROMISE) else 1 for call in alone)
        if each.seconds > worth and not any(map(has_to_be_kept, alone)):
            kept.remove(each)
            callers.subtract(each.calls)
    return kept


def has_to_be_kept(call: str) -> bool:
    """Whether it is a form that a route accepted, or a whole template, each of which some test of a run renders."""
    is_template = call.startswith(TEMPLATES) and " " not in call
    return is_template or (call.startswith("POST ") and call.endswith((" 200", " 201", " 202", " 204", " 303")))


def sum_by_folder(noted: Iterable[NotedTest]) -> Mapping[str, tuple[int, float]]:
    """The number of tests and their seconds, by folder."""
    numbers, seconds = Counter[str](), Counter[str]()
    for each in noted:
        folder = "/".join(each.name.partition("::")[0].split("/")[:2])
        numbers[folder] += 1
        seconds[folder] += each.seconds
    return {folder: (numbers[folder], seconds[folder]) for folder, _ in seconds.most_common()}


def main(folder: str) -> None:
    """Write the list, and print for each folder how many tests and seconds there are and how many stay."""
    noted = add_promises(read_noted(Path(folder)))
    kept = choose(noted)
    names = {each.name for each in kept}
    left = [each.name for each in noted if each.name not in names]
    head = "# Left to `make test-thorough`; written by `python -m tests.repetitions` (docs/testing.md).\n"
    REPETITIONS.write_text(head + "".join(f"{name}\n" for name in left))
    stay = sum_by_folder(kept)
    for place, (number, seconds) in sum_by_folder(noted).items():
        kept_number, kept_seconds = stay.get(place, (0, 0.0))
        print(f"{place:40} {number:5} {seconds:7.1f} s, stay {kept_number:5} {kept_seconds:7.1f} s")


if __name__ == "__main__":
    main(sys.argv[1])
