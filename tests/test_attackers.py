"""What somebody can still do who has taken a role of the database: each line of the table in docs/security.md is tried
here, what works as well as what does not. What root on one database can do is tried where it is named there."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection, NullPool, create_engine, text
from sqlalchemy.exc import DBAPIError

from app.core.storage import open_store
from app.record_verification import verify_record
from app.settings import Settings
from tests.conftest import Database
from tests.test_verify_ledger import EXPECTED
from tests.world import World

SECURITY = (Path(__file__).parents[1] / "docs" / "security.md").read_text(encoding="utf-8")
TESTS = re.compile(r"`(tests/[a-z_/]+\.py)`")
REFUSED = r"permission denied|must be owner|no line of the journal"


@contextmanager
def take_role(url: str) -> Iterator[Connection]:
    """A connection of somebody who has taken a role; what they change stays."""
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        yield connection
        connection.commit()
    engine.dispose()


@pytest.fixture
def used_portal(world: World, settings: Settings) -> World:
    """A portal with a registered document, a receipt, and a released output."""
    world.registered(world.meeting())
    world.released(world.meeting(opens_in=-3, number=21), open_store(settings.release_store_url))
    return world


UNREACHABLE_FOR_BOTH = {
    "change a line of the journal": "UPDATE portal.journal_line SET event = 'x'",
    "remove a line of the journal": "DELETE FROM portal.journal_line",
    "see or change the digests of rows": "SELECT * FROM portal.row_digest",
    "change a recorded row without a line": "UPDATE portal.meeting SET version = version + 1",
    "exchange the bytes of a registered text": "UPDATE portal.language_version SET sha256 = repeat('0', 64)",
    "change the symbol of a document": "UPDATE portal.document SET symbol = 'x'",
    "change a receipt": "UPDATE portal.receipt SET statement = 'x'",
    "unseal a document": "UPDATE portal.document SET sealed = false",
    "change a released row": "UPDATE release.output SET kind = 'x'",
    "remove what was released": "DELETE FROM release.output",
    "change a manifest": "UPDATE release.manifest SET statement = 'x'",
    "change a head of the ledger": "UPDATE portal.ledger_head SET root = ''",
    "change who a person is at the provider": "UPDATE portal.person SET subject = 'x'",
    "make a trigger that runs as another role": "CREATE TRIGGER mine BEFORE INSERT ON jobs.procrastinate_workers"
    " FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "stop the replication": "DROP PUBLICATION cwg_release",
}
UNREACHABLE_FOR_THE_PORTAL = {
    "release a text": "INSERT INTO release.output SELECT * FROM release.output",
    "sign a manifest": "INSERT INTO release.manifest SELECT * FROM release.manifest",
    "remove a release by the function of the worker": "SELECT release.bury(id) FROM release.output",
    "write a head of the ledger": "INSERT INTO portal.ledger_head (size) VALUES (1)",
    "say that the worker checked an approval": "INSERT INTO portal.approval_check (outcome) VALUES ('verified')",
    "say that the record was verified": "INSERT INTO portal.verification (id) VALUES (gen_random_uuid())",
    "become the worker": "SET ROLE cwg_worker",
}


@pytest.mark.parametrize(
    "statement",
    [*UNREACHABLE_FOR_BOTH.values(), *UNREACHABLE_FOR_THE_PORTAL.values()],
    ids=[*UNREACHABLE_FOR_BOTH, *UNREACHABLE_FOR_THE_PORTAL],
)
def test_what_the_role_of_the_portal_cannot_do(used_portal: World, database: Database, statement: str) -> None:
    with pytest.raises(DBAPIError, match=REFUSED), take_role(database.portal) as connection:
        connection.execute(text(statement))


@pytest.mark.parametrize("statement", UNREACHABLE_FOR_BOTH.values(), ids=UNREACHABLE_FOR_BOTH)
def test_what_the_role_of_the_worker_cannot_do(used_portal: World, database: Database, statement: str) -> None:
    with pytest.raises(DBAPIError, match=REFUSED), take_role(database.worker) as connection:
        connection.execute(text(statement))


def test_the_role_of_the_portal_reads_every_draft_in_the_name_of_its_state(world: World, database: Database) -> None:
    world.draft(world.meeting(), title="A draft of Kenya")
    titles = text("SELECT title FROM portal.contribution")
    with take_role(database.portal) as connection:
        assert connection.scalars(titles).all() == []
        connection.execute(text("SELECT set_config('cwg.entity', 'KEN', true)"))
        assert connection.scalars(titles).all() == ["A draft of Kenya"]


LINE = (
    "INSERT INTO portal.journal_line (at, event, capacity, entity, facts)"
    " VALUES (now(), 'meeting:changed', 'chair', 'CHE', '{}')"
)


@pytest.mark.parametrize("role", ["portal", "worker"])
def test_either_role_decides_in_the_name_of_others_and_a_line_of_the_journal_keeps_it(
    used_portal: World, database: Database, role: str
) -> None:
    """Nothing refuses a line that says what did not happen; but it is there, numbered, for everybody who looks."""
    with take_role(getattr(database, role)) as connection:
        last = connection.scalar(text("SELECT max(seq) FROM portal.journal_line"))
        connection.execute(text("UPDATE portal.meeting SET number = number + 500"))
        connection.execute(text(LINE))

    with take_role(database.portal) as connection:
        assert connection.scalar(text("SELECT min(number) FROM portal.meeting")) > 500
        assert connection.scalar(text("SELECT max(seq) FROM portal.journal_line")) == last + 1


def test_what_the_role_of_the_worker_releases_without_the_key_of_releases_is_named(
    used_portal: World, database: Database, settings: Settings
) -> None:
    stores = open_store(settings.store_url), open_store(settings.release_store_url)
    forged = (
        "INSERT INTO release.manifest"
        " SELECT number + 1, replace(statement, 'OUT/1', 'OUT/9'), signature, public_key FROM release.manifest"
    )
    with take_role(database.worker) as connection:
        connection.execute(text(forged))
        connection.execute(text(LINE))

    faults = verify_record(database.owner, *stores, EXPECTED).faults
    assert any("manifest" in fault for fault in faults), faults


def test_each_line_of_the_table_names_the_tests_that_try_it() -> None:
    table = SECURITY.partition("## What somebody can still do who took a part of it")[2].partition("\n## ")[0]
    lines = [line for line in table.splitlines() if line.startswith("| ") and not line.startswith("| who")]
    assert len(lines) >= 6
    for line in lines:
        named = TESTS.findall(line)
        assert named, line
        assert all((Path(__file__).parents[1] / name).exists() for name in named), line
