"""Many secretaries register at once, some abort, some are killed: afterwards the register is complete.

`python -m tests.faults.registrations` does it in full, on a database that syncs: 1,000 by 32, a fifth aborted, eight
kills. Exit code 1 if anything is wrong.
"""

import hashlib
import json
import os
import random
import signal
import sys
import time
from argparse import ArgumentParser, Namespace
from base64 import b64decode
from collections import Counter as Tally
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count, pairwise
from multiprocessing.process import BaseProcess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast
from uuid import UUID, uuid4

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Connection, NullPool, create_engine, text

from app.cli.operations import migrate_both_databases
from app.core import clock
from app.core.db import create_database_engine, read_session_factory, write_session_factory
from app.core.storage import open_store
from app.domain.contributions.actions import drafting
from app.domain.contributions.inputs import ContributionCover
from app.domain.contributions.queries.submissions import load_submission
from app.domain.meetings.models import Meeting
from app.embedded import delete_postgres_cluster, run_postgres_cluster
from app.record_verification import verify_record
from app.server.database_urls import add_cluster_urls_to_settings, create_owner_and_databases
from app.settings import Settings
from tests.faults.secretary import Moment, Orders, work
from tests.forked import FORK_SERVER
from tests.world import GRACE, RECEIPT_SIGNER, World

TIMEOUT = 200.0
STRUCK = (
    Moment.HOLDING,
    Moment.REGISTERING,
    Moment.COMMITTED,
    None,
)  # what the kills wait for, repeated in this order; None: nothing


@dataclass(frozen=True, slots=True)
class RunResult:
    """What the secretaries noted outside the database, and which of them were killed."""

    acknowledged: list[tuple[UUID, str]]
    aborted: int
    refused: Tally[str]
    killed: tuple[Moment, ...]
    seconds: float


def submit_contributions(world: World, how_many: int) -> None:
    """Submit that many contributions of one State, to be registered."""
    meeting, file = world.meeting(), world.file()
    for start in range(0, how_many, 50):
        with world.acting("amina") as (session, actor):
            there = session.get_one(Meeting, meeting.id)
            for number in range(start, min(start + 50, how_many)):
                cover = ContributionCover(title=f"Contribution {number}", original="en", purpose="discussion")
                made = drafting.create_draft_contribution(session, actor, there, cover, key=uuid4())
                drafting.put_contribution_file(session, actor, made, file, began_at=clock.now())
                drafting.submit_contribution(
                    session,
                    actor,
                    load_submission(session, made),
                    version=made.version,
                    grace=GRACE,
                    accepts_lateness=False,
                )


def run_secretaries(orders: Orders, *, of: int, secretaries: int, kills: int, seed: int) -> RunResult:
    """Run secretaries until nothing waits, killing one now and then; another one takes the place of each."""
    orders.moments.write_bytes(bytes(secretaries))
    rng, seeds, killed = random.Random(seed), count(seed), []

    def start_secretary(place: int) -> BaseProcess:
        process = FORK_SERVER.Process(target=work, args=(orders, place, next(seeds)))
        process.start()
        return process

    working = {place: start_secretary(place) for place in range(secretaries)}
    began = time.monotonic()
    try:
        for wanted in (STRUCK[number % len(STRUCK)] for number in range(kills)):
            share = of / (kills + 1)  # the last share is registered without a kill, so that none comes after the end
            due, late = rng.uniform(len(killed), len(killed) + 0.7) * share, (len(killed) + 0.8) * share
            _wait(lambda due=due: _count_acknowledged(orders) >= due or not _alive(working))
            if (place := _choose_place(wanted, orders, working, rng, late)) is None:
                break
            os.kill(working[place].pid or 0, signal.SIGKILL)
            working[place].join(20)
            if working[place].exitcode == -signal.SIGKILL:
                killed.append(Moment(orders.moments.read_bytes()[place]))
                working[place] = start_secretary(place)
        _wait(lambda: not _alive(working))
        seconds = time.monotonic() - began
        ended = [process.exitcode for process in working.values()]
    finally:
        for process in working.values():
            process.kill()
            process.join(20)
            process.close()
    if any(ended):
        raise RuntimeError(f"a secretary failed: {ended}")
    pairs = (line.split(" ", 1) for line in _lines(orders.folder, "acknowledged"))
    acknowledged = [(UUID(contribution), symbol) for contribution, symbol in pairs]
    aborted, refused = len(_lines(orders.folder, "aborted")), Tally(_lines(orders.folder, "refused"))
    return RunResult(acknowledged, aborted, refused, tuple(killed), seconds)


def _lines(folder: Path, what: str) -> list[str]:
    """Return the lines that all of them noted. A line cut off by a kill is not counted."""
    texts = [path.read_text(encoding="ascii") for path in folder.glob(f"{what}-*")]
    return [line for text in texts for line in text.split("\n")[:-1]]


def _alive(working: dict[int, BaseProcess]) -> list[int]:
    return [place for place, process in working.items() if process.is_alive()]


def _count_acknowledged(orders: Orders) -> int:
    return len(_lines(orders.folder, "acknowledged"))


def _choose_place(
    wanted: Moment | None, orders: Orders, working: dict[int, BaseProcess], rng: random.Random, late: float
) -> int | None:
    """Return the place of a secretary who is at that moment, or of any once `late` are registered or a second has
    passed; None once all have ended."""
    limit = time.monotonic() + 1
    while alive := _alive(working):
        moments = orders.moments.read_bytes()
        there = [place for place in alive if moments[place] == wanted]
        if there or wanted is None or time.monotonic() > limit or _count_acknowledged(orders) >= late:
            return rng.choice(there or alive)
    return None


def _wait(holds: Callable[[], object]) -> None:
    limit = time.monotonic() + TIMEOUT
    while not holds():
        if time.monotonic() > limit:
            raise TimeoutError("the secretaries have not finished")
        time.sleep(0.002)


def wrong(settings: Settings, result: RunResult, of: int) -> list[str]:
    """Return the faults, read without the portal's own queries; then those that `python -m app verify` finds."""
    engine = create_engine(cast("str", settings.owner_database_url), poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL search_path = portal; SET LOCAL cwg.entity = 'KEN'"))
        found = [*_numbers(connection, of), *_acknowledged(connection, result), *_incomplete(connection, of)]
        found += [*_receipts(connection), *_chain(connection)]
    engine.dispose()
    owner, stores = cast("str", settings.owner_database_url), (settings.store_url, settings.release_store_url)
    return [*found, *verify_record(owner, *map(open_store, stores)).faults]


def _numbers(connection: Connection, of: int) -> Iterator[str]:
    rows = connection.execute(text("SELECT number, symbol FROM document ORDER BY number")).all()
    if [row.number for row in rows] != list(range(1, of + 1)):
        counted = Tally(row.number for row in rows)
        gaps = [number for number in range(1, of + 1) if not counted[number]]
        yield f"the numbers are not 1 to {of}: missing {gaps[:9]}, twice {[n for n in counted if counted[n] > 1][:9]}"
    if any(row.symbol != f"CWG-Internet 22/{row.number}" for row in rows):
        yield "a symbol does not say its number"
    counters = connection.scalars(text("SELECT last FROM counter")).all()
    if list(counters) != [of]:
        yield f"the counter says {list(counters)}, not {of}"


def _acknowledged(connection: Connection, result: RunResult) -> Iterator[str]:
    """Each is there under the acknowledged symbol, acknowledged once, or not at all if its secretary was killed."""
    rows = connection.execute(
        text("SELECT contribution.id, symbol FROM contribution JOIN document ON document.id = document_id")
    )
    there = {row.id: row.symbol for row in rows}
    said = {contribution for contribution, _ in result.acknowledged}
    if len(said) != len(result.acknowledged):
        yield f"{len(result.acknowledged) - len(said)} registrations were acknowledged twice"
    for contribution, symbol in result.acknowledged:
        if there.get(contribution) != symbol:
            yield f"{symbol} was acknowledged for {contribution}, which has {there.get(contribution)}"
    unsaid = len(there.keys() - said)
    if unsaid > len(result.killed):
        yield f"{unsaid} are registered and were not acknowledged, but only {len(result.killed)} were killed"


def _incomplete(connection: Connection, of: int) -> Iterator[str]:
    """Every contribution is registered, wholly: one document, one edition, one file, one receipt, one line each."""
    whole = connection.scalars(
        text("""
            SELECT count(*) FROM contribution c
            JOIN document d ON d.id = c.document_id JOIN edition e ON e.id = c.edition_id AND e.document_id = d.id
            WHERE c.status = 'registered'
              AND (SELECT count(*) FROM language_version WHERE edition_id = e.id) = 1
              AND (SELECT count(*) FROM contribution WHERE document_id = d.id) = 1
              AND (SELECT count(*) FROM edition WHERE document_id = d.id) = 1
              AND (SELECT count(*) FROM receipt r WHERE r.subject = c.id AND r.kind = 'registration'
                     AND r.statement::json ->> 'symbol' = d.symbol) = 1
              AND (SELECT count(*) FROM journal_line l WHERE l.event = 'contribution:registered'
                     AND l.facts ->> 'contribution' = c.id::text AND l.facts ->> 'document' = d.id::text) = 1
              AND (SELECT count(*) FROM journal_line l WHERE l.event = 'document:registered'
                     AND l.facts ->> 'document' = d.id::text AND l.facts ->> 'symbol' = d.symbol) = 1
        """)
    ).one()
    if whole != of:
        yield f"{whole} contributions are wholly registered, not {of}"
    wanted = {"contribution": of, "document": of, "edition": of, "language_version": of, "receipt": 2 * of}
    for table, rows in wanted.items():
        there = connection.scalars(text(f"SELECT count(*) FROM {table}")).one()
        if there != rows:
            yield f"{there} rows in {table}, not {rows}"


def _receipts(connection: Connection) -> Iterator[str]:
    """Each is signed with our key and named in a line of the journal."""
    ours = Ed25519PublicKey.from_public_bytes(RECEIPT_SIGNER.public_key.raw)
    lines = set(connection.scalars(text("SELECT facts ->> 'receipt' FROM journal_line WHERE facts ? 'receipt'")))
    for row in connection.execute(text("SELECT id, statement, signature FROM receipt")):
        try:
            ours.verify(b64decode(row.signature), row.statement.encode())
        except InvalidSignature:
            yield f"receipt {row.id} does not verify"
        if hashlib.sha256(row.statement.encode()).hexdigest() not in lines:
            yield f"receipt {row.id} has no line in the journal"


def _chain(connection: Connection) -> Iterator[str]:
    """The lines are numbered without a gap, and each names the digest of the one before."""
    rows = connection.execute(text("SELECT seq, previous, digest FROM journal_line ORDER BY seq")).all()
    if [row.seq for row in rows] != list(range(1, len(rows) + 1)):
        yield "the journal has a gap"
    if any(later.previous != earlier.digest for earlier, later in pairwise(rows)):
        yield "the journal's chain is broken"


def orders_for(settings: Settings, world: World, folder: Path) -> Orders:
    """Orders by which a fifth of the registrations is aborted."""
    return Orders(cast("str", settings.database_url), world.actor("ines"), folder, aborts=0.2)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run in full, in a new installation, and print the figures."""
    asked = _parser().parse_args(arguments)
    with TemporaryDirectory(prefix="cwg-faults-") as name:
        result, faults = _run_in_new_installation(Path(name), asked)
    figures = {
        "registrations": asked.of,
        "secretaries": asked.secretaries,
        "per second": round(asked.of / result.seconds, 1),
        "given up": result.aborted,
        "killed": dict(Tally(moment.name.lower() for moment in result.killed)),
        "refused": dict(result.refused),
        "registered and never acknowledged": asked.of - len(result.acknowledged),
        "seed": asked.seed,
        "wrong": faults,
    }
    print(json.dumps(figures, indent=2))
    return 1 if faults else 0


def _run_in_new_installation(folder: Path, asked: Namespace) -> tuple[RunResult, list[str]]:
    """Run with a temporary database and stores in a folder."""
    with run_postgres_cluster(folder / "postgres") as running:
        create_owner_and_databases(running)
        stores = {"store_url": f"file://{folder}/store", "release_store_url": f"file://{folder}/release"}
        settings = add_cluster_urls_to_settings(running, Settings(**stores))
        migrate_both_databases(settings)
        engine = create_database_engine(cast("str", settings.database_url), pool_size=2)
        world = World(write_session_factory(engine), read_session_factory(engine), open_store(settings.store_url))
        submit_contributions(world, asked.of)
        orders = orders_for(settings, world, folder)
        result = run_secretaries(orders, of=asked.of, secretaries=asked.secretaries, kills=asked.kills, seed=asked.seed)
        faults = wrong(settings, result, asked.of)
        engine.dispose()
    delete_postgres_cluster(folder / "postgres")
    return result, faults


def _parser() -> ArgumentParser:
    parser = ArgumentParser(prog="python -m tests.faults.registrations", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--of", type=int, default=1000)
    parser.add_argument("--secretaries", type=int, default=32)
    parser.add_argument("--kills", type=int, default=8)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    return parser


if __name__ == "__main__":
    sys.exit(main())
