"""Compare what the observers noted with what the portal's database finally has.

Each fault begins with its number: 1 early, 2 half or gone again, 3 away without a kill, 4 not as the portal has it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tests.faults.releases.observers import PageLook, ReleaseRow, Snapshot


@dataclass(frozen=True, slots=True)
class ReleaseFault:
    """What is wrong, and of which output; of none that is known if it is empty."""

    output: str
    text: str


@dataclass(frozen=True)
class PortalRecord:
    """What the portal finally has: its rows with the transactions that wrote them, and the instant of each output."""

    writers: Mapping[ReleaseRow, str]
    instants: Mapping[str, float]

    @property
    def groups(self) -> list[frozenset[ReleaseRow]]:
        """The rows of each transaction: on a read database they are all there, or none is."""
        groups: dict[str, set[ReleaseRow]] = defaultdict(set)
        for row, writer in self.writers.items():
            groups[writer].add(row)
        return [frozenset(rows) for rows in groups.values()]


def find_record_faults(record: PortalRecord, digests: Mapping[str, Mapping[str, str]]) -> Iterator[ReleaseFault]:
    """Each output is released in one transaction, with all of its files and a manifest; otherwise nothing is shown by
    the comparison."""
    of_output = {output_of(group): group for group in record.groups if any(row.table == "output" for row in group)}
    for output, files in digests.items():
        group = of_output.get(output, frozenset())
        tables = [row.table for row in group]
        if tables.count("output") != 1 or tables.count("file") != len(files) or tables.count("manifest") != 1:
            yield ReleaseFault(output, f"4: the portal released {sorted(tables)} in one transaction")


def find_instant_faults(instants: Mapping[str, float], asked: Mapping[str, Sequence[float]]) -> Iterator[ReleaseFault]:
    """Each instant is one for which somebody tried to schedule the release. Both are by slug."""
    for slug, tried in asked.items():
        if not any(abs(instants.get(slug, 0.0) - each) < 0.001 for each in tried):
            yield ReleaseFault(slug, "4: its instant is none that was asked for")


def output_of(group: Iterable[ReleaseRow]) -> str:
    """The output that the rows of a transaction name."""
    return max(row.output for row in group)


def find_snapshot_faults(snapshots: Sequence[Snapshot], record: PortalRecord) -> Iterator[ReleaseFault]:
    """What is early, half, unknown to the portal, or gone again on a read database."""
    groups, before = record.groups, frozenset[ReleaseRow]()
    for snapshot in snapshots:
        for row in snapshot.rows - record.writers.keys():
            yield ReleaseFault(row.output, f"2: a row of {row.table} that the portal has not")
        for row in before - snapshot.rows:
            yield ReleaseFault(row.output, f"2: a row of {row.table} was there and is not any more")
        for row in snapshot.rows - before:
            if row.output and snapshot.ended < record.instants.get(row.output, float("inf")):
                yield ReleaseFault(row.output, f"1: a row of {row.table} is there before the instant")
        for group in groups:
            there = group & snapshot.rows
            if there and there != group:
                lacking = sorted({row.table for row in group - there})
                yield ReleaseFault(output_of(group), f"2: without rows of {', '.join(lacking)}")
            elif there and not there & before and snapshot.ended < record.instants.get(output_of(group), 0.0):
                yield ReleaseFault(output_of(group), "1: its transaction is there before the instant")
        before = snapshot.rows


def find_page_faults(
    notes: Sequence[PageLook], instants: Mapping[str, float], kills: Sequence[float]
) -> Iterator[ReleaseFault]:
    """What a reader saw early, half, gone again, or not at all without a kill of the read path.

    `instants` are by slug; `kills` are the times at which this read path was killed. It may be away from a kill to its
    first answer after it.
    """
    seen, answered = set[str](), 0.0
    for look in notes:
        if look.seen == "away":
            if not any(answered < kill <= look.ended for kill in kills):
                yield ReleaseFault(look.slug, "3: the read path is away, and was not killed")
            continue
        answered = max(answered, look.began)
        if look.seen == "whole":
            seen.add(look.slug)
            if look.ended < instants.get(look.slug, float("inf")):
                yield ReleaseFault(look.slug, "1: readable before the instant")
        elif look.seen != "unknown":
            yield ReleaseFault(look.slug, f"2: {look.seen}")
        elif look.slug in seen:
            yield ReleaseFault(look.slug, "2: it was readable and is unknown again")
