"""The reader's database role can select released data, and write nothing but which sessions have ended; what is
released is written by the worker's role alone."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, select, text
from sqlalchemy.exc import DBAPIError, InternalError, ProgrammingError

from app.core.db import create_database_engine, transaction
from app.domain.releases.models import ReleasedOutput
from tests.conftest import Database
from tests.dissemination.read_path_site import ReaderSite

OF_OUTPUTS = ("output", "file", "statement", "manifest", "public_manifest", "proof", "text", "topic", "withdrawal")
# And public reporting duties; whether the read path may serve at all, and has to read again.
RELEASED = {f"release.{each}" for each in (*OF_OUTPUTS, "reporting_duty", "hold", "version", "heartbeat")}
# Which sessions have ended: the one table that the reader writes, in a schema of its own.
ENDED = {("reading.ended_session", kind) for kind in ("SELECT", "INSERT", "DELETE")}
RIGHTS = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")
RIGHTS_HELD = text(
    """
    SELECT n.nspname || '.' || c.relname, kind FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace CROSS JOIN unnest(CAST(:rights AS text[])) kind
    WHERE n.nspname IN ('portal', 'jobs', 'release', 'reading', 'public') AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
    AND (has_table_privilege(:role, c.oid, kind)
         OR kind IN ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES') AND has_any_column_privilege(:role, c.oid, kind))
    """
)
TABLES = text(
    """SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname IN ('portal', 'jobs', 'release', 'reading') AND c.relkind = 'r'"""
)
SEQUENCES = text(
    """SELECT c.oid::regclass::text FROM pg_class c
    WHERE CASE WHEN c.relkind = 'S' THEN has_sequence_privilege(:role, c.oid, 'USAGE, SELECT, UPDATE') END"""
)
SCHEMAS = text(
    """SELECT nspname, kind FROM pg_namespace CROSS JOIN unnest(ARRAY['USAGE', 'CREATE']) kind
    WHERE nspname IN ('portal', 'jobs', 'release', 'reading', 'public') AND has_schema_privilege(:role, oid, kind)"""
)


@contextmanager
def connect(database_url: str) -> Iterator[Connection]:
    engine = create_database_engine(database_url)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@pytest.fixture
def owner(database: Database) -> Iterator[Connection]:
    with connect(database.superuser) as connection:
        yield connection


@pytest.fixture
def reader(database: Database) -> Iterator[Connection]:
    """Connect as the reader's role itself, without the read path's READ ONLY transactions."""
    with connect(database.reader) as connection:
        yield connection


def test_the_reader_may_only_select_released_data_and_note_which_sessions_ended(owner: Connection) -> None:
    def rights_of(role: str) -> set[tuple[str, str]]:
        return {(table, kind) for table, kind in owner.execute(RIGHTS_HELD, {"role": role, "rights": list(RIGHTS)})}

    assert ("portal.contribution", "SELECT") in rights_of("cwg_portal")
    assert any(table.startswith("jobs.") for table, _ in rights_of("cwg_portal"))
    assert rights_of("cwg_reader") == {(table, "SELECT") for table in RELEASED} | ENDED
    assert owner.scalars(SEQUENCES, {"role": "cwg_portal"}).all() != []
    assert owner.scalars(SEQUENCES, {"role": "cwg_reader"}).all() == []
    assert {tuple(row) for row in owner.execute(SCHEMAS, {"role": "cwg_reader"})} == {
        ("release", "USAGE"),
        ("reading", "USAGE"),
        ("public", "USAGE"),
    }


LEDGER = {"portal.ledger_tile", "portal.ledger_head", "portal.ledger_witness"}
FINDINGS = {
    *(
        "portal.verification",
        "portal.outgoing_transmission",
        "portal.withdrawal_transmission",
        "portal.fixity_check",
        "portal.measured",
        "portal.approval_check",
        "portal.rendition",
    ),
    *("portal.translation_approval_check", "portal.refused_file", "portal.contribution_rendition"),
}
FUNCTIONS = text(
    """SELECT p.proname FROM pg_proc p WHERE p.pronamespace = 'release'::regnamespace
    AND has_function_privilege(:role, p.oid, 'EXECUTE')"""
)


def test_only_the_worker_writes_what_is_released_and_the_ledger(owner: Connection) -> None:
    def written_by(role: str) -> set[str]:
        rights = owner.execute(RIGHTS_HELD, {"role": role, "rights": ["INSERT", "UPDATE", "DELETE", "TRUNCATE"]})
        return {table for table, _ in rights}

    released = RELEASED - {"release.hold"}
    assert {"portal.journal_line", "portal.approval", "portal.receipt"} < written_by("cwg_portal")
    assert not written_by("cwg_portal") & (RELEASED | LEDGER | FINDINGS | {"reading.ended_session"})
    assert written_by("cwg_worker") == written_by("cwg_portal") | released | LEDGER | FINDINGS
    assert {"bury", "complete"} <= set(owner.scalars(FUNCTIONS, {"role": "cwg_worker"}))
    assert not {"bury", "complete"} & set(owner.scalars(FUNCTIONS, {"role": "cwg_portal"}))
    assert owner.scalar(text("SELECT pg_has_role('cwg_worker', 'cwg_portal', 'MEMBER')")) is True
    assert owner.scalar(text("SELECT pg_has_role('cwg_portal', 'cwg_worker', 'MEMBER')")) is False


@pytest.fixture
def portal_role(database: Database) -> Iterator[Connection]:
    """Connect as the portal's role."""
    with connect(database.portal) as connection:
        yield connection


@pytest.mark.parametrize(
    "change",
    [
        "INSERT INTO release.output SELECT * FROM release.output",
        "INSERT INTO release.manifest SELECT number + 1, statement, signature, public_key FROM release.manifest",
        "INSERT INTO release.withdrawal (id) VALUES (gen_random_uuid())",
        "SELECT release.bury(id) FROM release.output",
        "INSERT INTO portal.ledger_head (size) VALUES (1)",
        "UPDATE portal.ledger_head SET cosignatures = '{}'",
        "DELETE FROM release.file",
        "SET ROLE cwg_worker",
        "CREATE TRIGGER mine BEFORE INSERT ON jobs.procrastinate_workers FOR EACH ROW"
        " EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    ],
)
def test_the_role_of_the_portal_releases_withdraws_and_signs_nothing(
    reader_site: ReaderSite, portal_role: Connection, change: str
) -> None:
    reader_site.release()
    assert portal_role.scalar(text("SELECT symbol FROM release.output")) == "CWG-Internet 22/OUT/1"
    portal_role.rollback()

    with pytest.raises(ProgrammingError, match="permission denied"):
        portal_role.execute(text(change))


def test_the_reader_is_a_member_of_no_other_role_and_has_no_special_attribute(owner: Connection) -> None:
    powers = "rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls"
    member = "SELECT count(*) FROM pg_auth_members WHERE member = 'cwg_reader'::regrole"

    assert owner.scalar(text(f"SELECT {powers} FROM pg_roles WHERE rolname = 'cwg_owner'")) is True
    assert owner.scalar(text(f"SELECT {powers} FROM pg_roles WHERE rolname = 'cwg_reader'")) is False
    assert owner.scalar(text(member)) == 0


def test_every_other_table_refuses_the_reader(owner: Connection, reader: Connection) -> None:
    tables = set(owner.scalars(TABLES)) - RELEASED - {"reading.ended_session"}
    assert {"portal.contribution", "portal.person", "portal.journal_line", "portal.alembic_version"} < tables
    assert reader.scalar(text("SELECT count(*) FROM release.output")) == 0
    reader.rollback()

    for table in sorted(tables):
        with pytest.raises(ProgrammingError, match="permission denied"):
            reader.execute(text(f"SELECT count(*) FROM {table}"))
        reader.rollback()


@pytest.mark.parametrize(
    "change",
    [
        "INSERT INTO release.file (output_id, language) VALUES (gen_random_uuid(), 'en')",
        "UPDATE release.output SET symbol = 'x'",
        "DELETE FROM release.file",
        "TRUNCATE release.file",
        "CREATE TABLE release.mine (x int)",
        "CREATE TABLE public.mine (x int)",
        "CREATE TABLE reading.mine (x int)",
        "UPDATE reading.ended_session SET until = now()",
        "TRUNCATE reading.ended_session",
        "SET ROLE cwg_portal",
    ],
)
def test_the_reader_can_change_nothing_of_what_is_there(
    reader_site: ReaderSite, reader: Connection, change: str
) -> None:
    reader_site.release()
    assert reader.scalar(text("SELECT symbol FROM release.output")) == "CWG-Internet 22/OUT/1"
    reader.rollback()

    with pytest.raises(ProgrammingError, match="permission denied"):
        reader.execute(text(change))


ADD_ROW = "INSERT INTO reading.ended_session VALUES (:digest, now(), now() + CAST(:life AS interval))"


def test_the_reader_notes_for_a_day_what_ended_and_takes_back_none_of_it(owner: Connection, reader: Connection) -> None:
    digests = "SELECT digest FROM reading.ended_session ORDER BY 1"
    reader.execute(text(ADD_ROW), {"digest": "alive", "life": "1 hour"})
    reader.execute(text(ADD_ROW), {"digest": "expired", "life": "-1 second"})
    reader.commit()
    assert owner.scalars(text(digests)).all() == ["alive", "expired"]

    reader.execute(text("DELETE FROM reading.ended_session"))
    reader.commit()
    with pytest.raises(ProgrammingError, match="row-level security"):
        reader.execute(text(ADD_ROW), {"digest": "for ever", "life": "25 hours"})

    assert owner.scalars(text(digests)).all() == ["alive"]


def test_the_read_path_uses_read_only_transactions(reader_site: ReaderSite) -> None:
    reader_site.release()

    with pytest.raises(RuntimeError), transaction(reader_site.state.refresher.read_sessions) as session:
        session.scalars(select(ReleasedOutput)).one().symbol = "x"
    with pytest.raises(DBAPIError) as refused, transaction(reader_site.state.refresher.read_sessions) as session:
        session.execute(text("CREATE TEMPORARY TABLE mine (x int)"))
    assert isinstance(refused.value, InternalError)
    assert "read-only transaction" in str(refused.value)
