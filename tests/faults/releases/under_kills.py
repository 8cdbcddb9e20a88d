"""Releases, one after the other, while parts of the installation are killed; then everything has to be whole."""

import math
import os
import random
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import psycopg
from starlette.responses import Response

from app.dissemination.app import create_inner_app
from app.dissemination.reader_sessions import start_reader_session
from tests.faults.common_steps import Outcome, superuser_address
from tests.faults.installation import Installation
from tests.faults.releases import judgement
from tests.faults.releases.clusters import ReadPath, Supervisor, TwoClusters
from tests.faults.releases.leftovers import JOBS, find_differences, find_leftovers
from tests.faults.releases.observers import (
    DatabaseObserver,
    PageObserver,
    WatchedOutput,
    connect_to_look,
    list_release_tables,
    read_rows,
)
from tests.faults.releases.preparation import ReleaseSecretariat, seconds_until
from tests.world import claims

SINGLE_KILLS = (
    "worker",
    "portal's database",
    "read path's database",
    "receiver of the replication",
    "sender of the replication",
    "read path",
)
KILLED_TOGETHER = ("worker", "portal's database", "read path's database", "read path")
PAIRS, QUIET = 2, 2
"""In each round: pairs of parts that are killed at once, and releases during which nothing is."""
MOST_SECONDS = 180.0
"""For everything to return after kills: a job of a killed worker is queued again after 10 seconds, or by the minute."""
TEN_MINUTES = 601.0
HEARTBEAT = """
    SELECT extract(epoch FROM at) FROM release.heartbeat WHERE EXISTS (
        SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'cwg-watcher')
"""
UNPROVEN = "SELECT (SELECT count(*) FROM release.manifest) - (SELECT count(*) FROM release.proof)"


@dataclass(frozen=True, slots=True)
class Strike:
    """The parts that are killed around the instant of a release; and whether all that was killed before is awaited."""

    parts: tuple[str, ...]
    is_awaited: bool

    @property
    def name(self) -> str:
        return f"`kill -9` of {' and '.join(self.parts)}" if self.parts else "no kill"

    @property
    def kind(self) -> str:
        """The line of the table in which it is counted."""
        if not self.parts:
            return "a release and no kill"
        if not self.is_awaited:
            return "a release among kills of all parts, 1 to 2 s apart"
        return f"a release and {'`kill -9` of two parts at once' if len(self.parts) > 1 else self.name}"


def choose_strikes(number: int, chance: random.Random) -> list[Strike]:
    """What to kill during each of so many releases: in rounds, each part once, then pairs; then nothing.

    In every fourth round each kill waits until all has returned after the one before, in the others it does not.
    """
    chosen: list[Strike] = []
    for round_number in count():
        is_awaited = round_number % 4 == 0
        singles = [(part,) for part in chance.sample(SINGLE_KILLS, len(SINGLE_KILLS))]
        pairs = [tuple(chance.sample(KILLED_TOGETHER, 2)) for _ in range(PAIRS)]
        chosen += [Strike(parts, is_awaited) for parts in (*singles, *pairs)] + [Strike((), is_awaited=True)] * QUIET
        if len(chosen) >= number:
            break
    return chosen[:number]


@dataclass
class ReleaseRun:
    """Releases in an installation of two clusters, with an observer of each read database and of each read path.

    `struck` is by the number of the release; `faults` are not of one release.
    """

    clusters: TwoClusters
    outputs: Sequence[WatchedOutput]
    secretariat: ReleaseSecretariat
    chance: random.Random
    supervisor: Supervisor = field(init=False)
    databases: list[DatabaseObserver] = field(init=False)
    readers: list[PageObserver] = field(init=False)
    struck: dict[str, bool] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.supervisor = Supervisor(self.clusters, self.chance)
        self.databases = [DatabaseObserver(path.address) for path in self.clusters.read_paths]
        self.readers = [
            PageObserver(path.installation.settings.read_url, member_cookie(path), self.outputs, number)
            for number, path in enumerate(self.clusters.read_paths)
        ]

    @property
    def observers(self) -> Sequence[DatabaseObserver | PageObserver]:
        return [*self.databases, *self.readers]

    def carry_out(self, strikes: Sequence[Strike]) -> None:
        """Release each output, and strike around its instant."""
        self.secretariat.begin_scheduling()
        for observer in self.observers:
            observer.start()
        for output, strike in zip(self.outputs, strikes, strict=True):
            if strike.is_awaited:
                self.wait_for(self.has_returned, "everything returns")
            self._release(output, strike.parts)
        self.wait_for(self.has_returned, "everything returns")

    def _release(self, output: WatchedOutput, parts: Sequence[str]) -> None:
        """Schedule the release some hundreds of milliseconds ahead, and strike shortly before or after the instant."""
        instants: list[float] = []

        def schedule() -> bool:
            instants.extend(filter(None, [self.secretariat.try_to_schedule(output, self.chance.uniform(0.3, 0.9))]))
            return bool(instants)

        if not self.wait_for(schedule, f"{output.slug} can be scheduled"):
            return
        self._await_moment(output, instants[0])
        self.struck[output.slug] = self.supervisor.kill(parts)
        self.wait_for(lambda: seconds_until(instants[0] + 0.4) <= 0, "time passes")

    def _await_moment(self, output: WatchedOutput, instant: float) -> None:
        """Wait for a moment around the instant, or until the first read database has the output."""
        if self.chance.random() < 0.5:
            strike_at = instant + self.chance.uniform(-0.3, 0.4)
            self.wait_for(lambda: seconds_until(strike_at) <= 0, "time passes")
            return
        self.wait_for(
            lambda: seconds_until(instant + 2.0) <= 0 or any(output.id in each.outputs for each in self.databases),
            "time passes",
        )

    def wait_for(self, holds: Callable[[], bool], what: str) -> bool:
        """Wait, and start again what has ended meanwhile; note a fault if it takes too long."""
        give_up = time.monotonic() + MOST_SECONDS
        while not holds():
            if time.monotonic() > give_up:
                self.faults.append(f"4: it is not so that {what} within {MOST_SECONDS:.0f} s")
                return False
            self.supervisor.keep_running()
            time.sleep(0.02)
        return True

    def has_returned(self) -> bool:
        """Whether every release is readable on each read path, and each read database has a sign of life of the worker
        from after the last kill."""
        begun = {output.slug for output in self.outputs if output.instants}
        return all(begun <= reader.whole.keys() for reader in self.readers) and all(
            find_heartbeat(path) > self.supervisor.killed_at for path in self.clusters.read_paths
        )

    def finish(self) -> None:
        """Wait for proofs and jobs, end all processes in order, and look for what is left behind."""
        self.wait_for(self._is_complete, "proofs and jobs are done")
        for observer in self.observers:
            observer.stop()
            self.faults.extend([] if observer.looks else ["4: an observer saw nothing"])
        self._remove_partial_files()
        for path in self.clusters.read_paths:
            end_process(path.installation, path.name)
        self.faults += find_leftovers(self.clusters, [output.id for output in self.outputs])
        self.faults += [f"3: {name} ended by itself" for name in self.supervisor.ended]

    def _remove_partial_files(self) -> None:
        """Start the worker once more, as if ten minutes later: partial files of a killed one may be in use until
        then."""
        portal, began = self.clusters.portal, time.time()
        end_process(portal, "worker")
        for path in Path(portal.settings.release_store_url.removeprefix("file://")).glob(".arriving-*"):
            os.utime(path, (began - TEN_MINUTES, began - TEN_MINUTES))
        portal.begin("worker", "work")
        self.wait_for(
            lambda: all(find_heartbeat(path) > began for path in self.clusters.read_paths), "the worker starts"
        )
        end_process(portal, "worker")

    def _is_complete(self) -> bool:
        with suppress(psycopg.OperationalError), psycopg.connect(superuser_address(self.clusters.portal)) as portal:
            (unproven,) = portal.execute(UNPROVEN).fetchone() or (1,)
            is_idle = unproven == 0 and not portal.execute(JOBS).fetchall()
            portal.rollback()
            return is_idle and not any(any(find_differences(self.clusters.portal, p)) for p in self.clusters.read_paths)
        return False

    def judge(self) -> dict[str, list[str]]:
        """What the observers noted and must not be, by output; under an empty name, what is not of one release."""
        record, instants = self.read_portal()
        slugs = {output.id: output.slug for output in self.outputs}
        wrong: dict[str, list[str]] = {"": list(self.faults)}
        found = [*judgement.find_record_faults(record, {output.id: output.digests for output in self.outputs})]
        found += judgement.find_instant_faults(instants, {output.slug: output.instants for output in self.outputs})
        for path, database, reader in zip(self.clusters.read_paths, self.databases, self.readers, strict=True):
            kills = self.supervisor.reading_kills.get(path.name, [])
            found += judgement.find_snapshot_faults(database.snapshots, record)
            found += judgement.find_page_faults(reader.notes, instants, kills)
        for fault in found:
            wrong.setdefault(slugs.get(fault.output, fault.output), []).append(fault.text)
        return wrong

    def read_portal(self, *others: WatchedOutput) -> tuple[judgement.PortalRecord, dict[str, float]]:
        """The rows of the portal, and the instants of the releases of the run and of these, by id; and by slug."""
        with connect_to_look(superuser_address(self.clusters.portal)) as connection:
            writers = dict(read_rows(connection, list_release_tables(connection)))
        scheduled = [output for output in (*self.outputs, *others) if output.instants]
        instants = {output: self.secretariat.find_instant(output) or math.inf for output in scheduled}
        by_id = {output.id: at for output, at in instants.items()}
        return judgement.PortalRecord(writers, by_id), {output.slug: at for output, at in instants.items()}

    def delays(self) -> list[dict[str, float]]:
        """For each read path the seconds from the instant of each output to when it was readable, by slug."""
        _record, instants = self.read_portal()
        return [
            {slug: at - instants[slug] for slug, at in reader.whole.items() if slug in instants}
            for reader in self.readers
        ]


def member_cookie(path: ReadPath) -> str:
    """The cookie of a reader of a Sector Member."""
    app, answer = create_inner_app(path.installation.settings), Response()
    start_reader_session(app.state.read_path, answer, claims("chen"))
    app.state.read_path.engine.dispose()
    return answer.headers["set-cookie"].partition(";")[0]


def end_process(installation: Installation, name: str) -> None:
    """Let a process end in order."""
    installation.running[name].terminate()
    installation.running[name].wait(60)


def find_heartbeat(path: ReadPath) -> float:
    """When the worker gave the last sign of life that arrived in its database; 0 if that does not answer, or the read
    path has not connected to it again."""
    with suppress(psycopg.Error), psycopg.connect(path.address, connect_timeout=5) as connection:
        row = connection.execute(HEARTBEAT).fetchone()
        return float(row[0]) if row and row[0] else 0.0
    return 0.0


def build_outcomes(run: ReleaseRun, strikes: Sequence[Strike], seconds: float) -> Iterator[Outcome]:
    """The outcomes of a run that is over; it took so many seconds until proofs and jobs were done."""
    wrong, delays = run.judge(), run.delays()
    quiet = {output.slug for output, strike in zip(run.outputs, strikes, strict=True) if not strike.parts}
    for at, output, strike in zip(count(1), run.outputs, strikes, strict=False):
        slowest = max(of_path.get(output.slug, MOST_SECONDS) for of_path in delays)
        faults, has_struck = tuple(wrong.pop(output.slug, ())), run.struck.get(output.slug, False)
        yield Outcome(f"release {at}, {strike.name}", has_struck, faults, slowest, strike.kind)
    others = tuple(text for texts in wrong.values() for text in texts)
    yield Outcome("after the releases everything is whole, and nothing is left behind", True, others, seconds)
    for path, of_path in zip(run.clusters.read_paths, delays, strict=True):
        yield Outcome(describe_delays(path.name, of_path, quiet), bool(of_path), (), max(of_path.values(), default=0.0))


def describe_delays(name: str, delays: Mapping[str, float], quiet: set[str]) -> str:
    """A line of the table: how long after their instants releases were readable."""
    ordered = sorted(delays.values())
    undisturbed = [seconds for slug, seconds in delays.items() if slug in quiet]
    if not ordered:
        return f"{name}: nothing was readable"
    middle, late = statistics.median(ordered), ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
    return (
        f"{name}: {len(ordered)} releases readable after their instants, median {middle:.1f} s, 95 % {late:.1f} s,"
        f" worst {ordered[-1]:.1f} s, worst of {len(undisturbed)} without a kill {max(undisturbed, default=0.0):.1f} s"
    )
