"""`verify` names every row that was changed behind the portal's back, and nothing is written without the journal."""

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Column, Connection, Engine, NullPool, Table, create_engine, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from app.cli import migrate as migration
from app.cli.migrate import migrate
from app.core import clock, journal, row_digests
from app.core.db import (
    UNRECORDED,
    read_session_factory,
    set_row_security_entity,
    transaction,
    write_session_factory,
)
from app.core.journal import JournalLine
from app.core.row_digests import RecordedTable, RowDigest, list_recorded_tables
from app.core.storage import Store, open_store
from app.domain.bodies.models import Body
from app.domain.contributions.models import ClearanceRequirement
from app.domain.documents.models import DocumentSeries, SeriesCounter
from app.domain.ledger.queries import ledger
from app.domain.meetings.models import Meeting
from app.domain.preservation.events import RecordMigrated
from app.domain.tables import METADATA
from app.record_verification.rows import find_row_faults
from tests.conftest import Database
from tests.sampling import count_examples
from tests.world import World, record_rows

TABLES = {table.fullname: table for metadata in METADATA for table in metadata.sorted_tables}
RECORDED = {table.relation: table for table in list_recorded_tables(TABLES.values())}
LINE = "INSERT INTO portal.journal_line (at, event, capacity, entity, facts) VALUES (now(), 'x', '', '', '{}')"
# A value of each type, and how another one is made of it.
VALUES = {
    "boolean": ("true", "NOT {0}"),
    "bytea": (r"'\x01'::bytea", r"{0} || '\x02'::bytea"),
    "date": ("current_date", "{0} + 1"),
    "timestamp with time zone": ("now()", "{0} + interval '1 microsecond'"),
    "jsonb": ("""'{"a": 1}'::jsonb""", "jsonb_build_array({0})"),
    "uuid": ("gen_random_uuid()", "gen_random_uuid()"),
    "text[]": ("ARRAY['a']", "array_append({0}, 'b')"),
    "integer[]": ("ARRAY[7]", "array_append({0}, 8)"),
    "text": ("'a'", "CASE WHEN {0} LIKE 'b%' THEN 'c' ELSE 'b' END || substr({0}, 2)"),
    "number": ("7", "{0} + 7000"),
}


def get_type(connection: Connection, column: Column[object]) -> str:
    """Return the name of the type of a column among those of `VALUES`."""
    name = connection.execute(
        text(
            "SELECT format_type(atttypid, NULL) FROM pg_attribute"
            " WHERE attrelid = CAST(:t AS regclass) AND attname = :c"
        ),
        {"t": column.table.fullname, "c": column.name},
    ).scalar_one()
    if name in ("bigint", "integer", "smallint", "double precision", "numeric"):
        return "number"
    if name in ("character varying", "character", "text"):
        return "text"
    return "text[]" if name in ("character varying[]", "text[]") else name


@pytest.fixture
def superuser(database: Database) -> Iterator[Connection]:
    """A superuser's transaction without triggers, foreign keys and checks, which is rolled back at the end."""
    engine = create_engine(database.superuser, poolclass=NullPool)
    with engine.connect() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        yield connection
        connection.rollback()
    engine.dispose()


def drop_checks(connection: Connection, table: Table) -> None:
    """Drop the checks of a table, until the transaction is rolled back: a superuser can do that too."""
    checks = text("SELECT conname FROM pg_constraint WHERE conrelid = CAST(:t AS regclass) AND contype = 'c'")
    for name in connection.execute(checks, {"t": table.fullname}).scalars().all():
        connection.execute(text(f"ALTER TABLE {table.fullname} DROP CONSTRAINT {name}"))


def add_recorded_row(connection: Connection, table: Table) -> None:
    """Add a row with a value in every column, and record it as an inventory does."""
    values = {f'"{column.name}"': VALUES[get_type(connection, column)][0] for column in table.columns}
    connection.execute(
        text(f"INSERT INTO {table.fullname} ({', '.join(values)}) VALUES ({', '.join(values.values())})")
    )
    connection.execute(text("SELECT portal.take_inventory(:t, 100)"), {"t": table.fullname})
    connection.execute(text("SET LOCAL session_replication_role = origin"))
    connection.execute(text(LINE))
    connection.execute(text("SET LOCAL session_replication_role = replica"))


def list_row_faults(connection: Connection, relation: str) -> list[str]:
    rows = connection.execute(text("SELECT fault FROM portal.list_row_faults(:t)"), {"t": relation})
    return sorted(rows.scalars())


@pytest.mark.parametrize("relation", sorted(RECORDED))
def test_a_change_of_any_recorded_column_is_named(superuser: Connection, relation: str) -> None:
    """A new table or column is recorded, or its model says why not: else this test is red."""
    table, unnoticed = TABLES[relation], []
    drop_checks(superuser, table)
    if superuser.execute(text(f"SELECT NOT EXISTS (SELECT FROM {relation})")).scalar_one():
        add_recorded_row(superuser, table)
    assert list_row_faults(superuser, relation) == []

    for column in table.columns:
        name, other = f'"{column.name}"', VALUES[get_type(superuser, column)]
        changed = other[1].format(f"coalesce({name}, {other[0]})")
        with superuser.begin_nested() as savepoint:
            superuser.execute(
                text(f"UPDATE {relation} SET {name} = {changed} WHERE ctid = (SELECT min(ctid) FROM {relation})")
            )
            expected = ["inserted", "removed"] if column.primary_key else ["changed"]
            if list_row_faults(superuser, relation) != ([] if UNRECORDED in column.info else expected):
                unnoticed.append(column.name)
            savepoint.rollback()
    assert unnoticed == []

    superuser.execute(text(f"DELETE FROM {relation} WHERE ctid = (SELECT min(ctid) FROM {relation})"))
    assert list_row_faults(superuser, relation) == ["removed"]


def test_every_table_and_column_that_is_not_recorded_has_its_reason() -> None:
    reasons = [
        *(table.info[UNRECORDED] for table in TABLES.values() if UNRECORDED in table.info),
        *(
            column.info[UNRECORDED]
            for table in TABLES.values()
            for column in table.columns
            if UNRECORDED in column.info
        ),
    ]
    assert len(reasons) > 10
    assert all(reason.endswith(".") for reason in reasons)


@pytest.fixture
def release_store(tmp_path: Path) -> Store:
    return open_store(f"file://{tmp_path}/release")


def test_rows_of_an_intact_portal_are_as_the_journal_left_them(
    world: World, release_store: Store, engine: Engine
) -> None:
    world.released(world.meeting(opens_in=-3, number=21), release_store)
    world.draft(world.meeting())
    with transaction(read_session_factory(engine)) as session:
        assert list(find_row_faults(session)) == []
        assert row_digests.count_row_changes(session) > 50


def test_a_row_of_a_draft_is_checked_by_a_role_that_does_not_see_it(
    world: World, database: Database, engine: Engine
) -> None:
    draft = world.draft(world.meeting())
    database.run_as_superuser("UPDATE portal.contribution SET title = 'Another'")

    with transaction(read_session_factory(engine)) as session:
        assert session.execute(text("SELECT count(*) FROM portal.contribution")).scalar_one() == 0
        assert list(find_row_faults(session)) == [
            f'portal.contribution ["{draft.id}"] was changed without a line of the journal'
        ]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE portal.body SET silence_hours = 1",
        "INSERT INTO portal.member_state (code, category) VALUES ('XYZ', 'member_state')",
        "SET LOCAL cwg.entity = 'KEN'; DELETE FROM portal.clearance",
    ],
)
@pytest.mark.parametrize("role", ["portal", "owner", "superuser"])
def test_a_transaction_without_a_line_of_the_journal_is_refused(
    world: World, database: Database, role: str, statement: str
) -> None:
    with transaction(world.write) as session:
        set_row_security_entity(session, "KEN")
        record_rows(session)
        body = session.scalars(select(Body.id).order_by(Body.code)).first()
        session.add(
            ClearanceRequirement(body_id=body, entity="KEN", set_by=world.person("ines").id, set_at=clock.now())
        )
    before = count_lines(world)
    engine = create_engine(getattr(database, role), poolclass=NullPool)
    with pytest.raises(IntegrityError, match="no line of the journal"), engine.begin() as connection:
        connection.execute(text(statement))
    with engine.begin() as connection:
        connection.execute(text(statement))
        connection.execute(text(LINE))
    engine.dispose()
    assert count_lines(world) == before + 1


def count_lines(world: World) -> int:
    with transaction(world.read) as session:
        return session.query(JournalLine).count()


def list_digests(database: Database) -> list[RowDigest]:
    """Return all row digests, which only the owner reads."""
    engine = create_engine(database.owner, poolclass=NullPool)
    with transaction(read_session_factory(engine)) as session:
        digests = session.scalars(select(RowDigest).order_by(RowDigest.line, RowDigest.position)).all()
    engine.dispose()
    return list(digests)


def test_a_line_lists_what_its_transaction_changed_and_not_what_was_undone(world: World, database: Database) -> None:
    meeting = world.meeting()
    with transaction(world.write) as session:
        there = session.get_one(Meeting, meeting.id)
        there.place = {"en": "Nairobi"}
        session.flush()
        with pytest.raises(ValueError, match="undone"), journal.savepoint(session):
            session.execute(text("UPDATE portal.body SET silence_hours = 1"))
            raise ValueError("undone")
        session.execute(text("UPDATE portal.meeting SET number = number"))  # changes nothing
        record_rows(session)
        record_rows(session)

    with transaction(world.read) as session:
        first, second = session.scalars(select(JournalLine).order_by(JournalLine.seq.desc()).limit(2)).all()[::-1]
    listed = [each for each in list_digests(database) if each.line >= first.seq]
    assert [(each.line, each.relation, each.key) for each in listed] == [
        (first.seq, "portal.meeting", json.dumps([str(meeting.id)]))
    ]
    assert first.rows is not None
    assert second.rows is None


def test_a_changed_key_is_the_removal_of_one_row_and_the_making_of_another(world: World, database: Database) -> None:
    with transaction(world.write) as session:
        record_rows(session)
        series = session.scalars(select(DocumentSeries.id).order_by(DocumentSeries.code)).first()
        session.add(SeriesCounter(series_id=series, scope="22", last=1))
    with transaction(world.write) as session:
        record_rows(session)
        session.execute(text("UPDATE portal.counter SET scope = '23'"))

    with transaction(world.read) as session:
        assert list(row_digests.find_row_faults(session, RECORDED["portal.counter"])) == []
    listed = [(json.loads(each.key)[1], each.digest is None) for each in list_digests(database)[-2:]]
    assert listed == [("22", True), ("23", False)]


TEXTS = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=20)
FACTS = st.dictionaries(TEXTS, TEXTS | st.integers(-(10**17), 10**17) | st.booleans() | st.none(), max_size=4)


@given(entity=TEXTS, facts=FACTS, at=st.datetimes(datetime(1970, 1, 1), datetime(2900, 1, 1), timezones=st.just(UTC)))
@settings(max_examples=count_examples(60), suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_database_writes_a_line_as_the_portal_reads_it(
    engine: Engine, entity: str, facts: dict[str, object], at: datetime
) -> None:
    with transaction(write_session_factory(engine)) as session:
        session.execute(
            JournalLine.__table__.insert(),
            {
                "at": at,
                "event": "x",
                "person": uuid4(),
                "capacity": entity,
                "entity": entity,
                "body": uuid4(),
                "facts": facts,
            },
        )
        assert journal.find_journal_faults(session) == []
        session.rollback()


@pytest.mark.parametrize(
    "facts",
    ['{"a": {}}', '{"a": [1]}', '{"a": 1.5}', '{"a": 1e400}', '{"a": 12345678901234567890}', '["a"]', '"a"', "1"],
)
def test_a_line_that_the_portal_could_not_read_is_refused(engine: Engine, facts: str) -> None:
    with pytest.raises(DBAPIError), engine.begin() as connection:
        connection.exec_driver_sql(LINE.replace("'{}'", f"'{facts}'"))
    for at in ("infinity", "0044-03-15 BC", "20000-01-01"):
        with pytest.raises(DBAPIError), engine.begin() as connection:
            connection.exec_driver_sql(LINE.replace("now()", f"'{at}'"))


def test_what_a_statement_says_of_number_and_digests_does_not_stop_the_ledger(world: World, engine: Engine) -> None:
    """A line that was inserted past the portal, with its role, is a line like any other."""
    world.meeting()
    lines = count_lines(world)
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO portal.journal_line (seq, at, event, capacity, entity, facts, previous, digest, rows)"
                " VALUES (1000000, now(), 'x', '', '', '{}', 'x', 'y', 'z')"
            )
        )
    world.meeting(number=23)

    with transaction(world.read) as session:
        assert journal.find_journal_faults(session) == []
        assert ledger.get_journal_line(session, lines + 1)["event"] == "x"
        assert list(row_digests.find_row_list_faults(session)) == []


def test_two_lines_about_the_same_have_nothing_in_common_that_can_be_guessed(world: World) -> None:
    with transaction(world.write) as session:
        for _ in range(2):
            journal.record_event(session, None, RecordMigrated("test"))
    with transaction(world.read) as session:
        lines = session.scalars(select(JournalLine).order_by(JournalLine.seq.desc()).limit(2)).all()
    assert [len(line.nonce or b"") for line in lines] == [16, 16]
    assert lines[0].nonce != lines[1].nonce


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO portal.row_digest VALUES (1, 999, 'portal.body', '[]', '', '', false)",
        "SELECT key FROM portal.row_digest",
        "SELECT key FROM portal.pending_row_digest",
        "UPDATE portal.row_digest SET digest = NULL",
        "DELETE FROM portal.row_digest",
        "INSERT INTO portal.pending_row_digest (transaction, relation, key, salt) VALUES (1, 'portal.body', '[]', '')",
        "DELETE FROM portal.pending_row_digest",
        "UPDATE portal.recorded_table SET unrecorded = '{title}'",
        "SELECT portal.take_inventory('portal.body', 10)",
        "UPDATE portal.journal_line SET nonce = NULL",
        "ALTER TABLE portal.body DISABLE TRIGGER note_row",
        "SET session_replication_role = replica",
    ],
)
def test_the_role_of_the_portal_writes_no_digests(engine: Engine, statement: str) -> None:
    with pytest.raises(DBAPIError, match=r"permission denied|must be owner"), engine.begin() as connection:
        connection.execute(text(statement))


@pytest.mark.parametrize(
    ("damage", "fault"),
    [
        ("UPDATE portal.row_digest SET digest = sha256('x') WHERE line = 1 AND position = 1", "line 1: the list of"),
        ("UPDATE portal.row_digest SET salt = 'x' WHERE line = 1 AND position = 1", "line 1: the list of the rows"),
        ("UPDATE portal.row_digest SET key = '[]' WHERE line = 1 AND position = 1", "line 1: the list of the rows"),
        ("UPDATE portal.row_digest SET relation = 'x' WHERE line = 1 AND position = 1", "line 1: the list of the"),
        ("UPDATE portal.row_digest SET position = 0 WHERE line = 1 AND position = 2", "line 1: the list of the rows"),
        ("DELETE FROM portal.row_digest WHERE line = 1", "line 1: the list of the rows that it changed was altered"),
        ("UPDATE portal.row_digest SET line = 99 WHERE line = 1", "line 99: the list of the rows that it changed was"),
        ("ALTER TABLE portal.document DISABLE TRIGGER note_row", "changes of portal.document are not recorded"),
        ("DROP TRIGGER note_row ON portal.document", "changes of portal.document are not recorded as they should"),
        ("ALTER TABLE portal.journal_line DISABLE TRIGGER USER", "changes of portal.journal_line are not recorded"),
        ("DROP TRIGGER require_journal_line ON portal.pending_row_digest", "changes of portal.pending_row_digest are"),
        (
            "UPDATE portal.recorded_table SET unrecorded = '{title}' WHERE relation = 'portal.edition'",
            "portal.edition is",
        ),
        ("DELETE FROM portal.recorded_table WHERE relation = 'portal.sitting'", "portal.sitting is not recorded with"),
        (
            "UPDATE portal.recorded_table SET is_inventoried = false, inventoried_after = 1"
            " WHERE relation = 'portal.body'",
            "portal.body was inventoried again, and no migration asked for it",
        ),
        ("UPDATE portal.recorded_table SET is_inventoried = false", "the inventory of portal.body is not finished"),
        (
            "ALTER FUNCTION portal.list_row_faults(text) SET search_path = public, pg_catalog",
            "the function list_row_faults of the database was changed",
        ),
        ("ALTER FUNCTION portal.take_inventory(text, integer) OWNER TO postgres", "the function take_inventory of the"),
        (
            "CREATE RULE another AS ON UPDATE TO portal.meeting DO ALSO DELETE FROM portal.clearance",
            "portal.meeting has a trigger or a rule that is not of this software (another)",
        ),
        (
            "CREATE TRIGGER another BEFORE UPDATE ON portal.meeting FOR EACH ROW"
            " EXECUTE FUNCTION suppress_redundant_updates_trigger()",
            "portal.meeting has a trigger or a rule that is not of this software (another)",
        ),
        ("GRANT DELETE ON portal.journal_line TO cwg_portal", "portal.journal_line can be changed by a role"),
        ("GRANT INSERT ON portal.pending_row_digest TO cwg_reader", "portal.pending_row_digest can be changed by a"),
        ("GRANT UPDATE (kind) ON release.output TO cwg_portal", "release.output can be changed by a role"),
        ("GRANT EXECUTE ON FUNCTION release.bury(uuid) TO cwg_portal", "release.bury can be changed by a role"),
        (
            "CREATE TRIGGER another AFTER INSERT ON jobs.procrastinate_workers FOR EACH ROW"
            " EXECUTE FUNCTION suppress_redundant_updates_trigger()",
            "jobs.procrastinate_workers has a trigger or a rule that is not of this software (another)",
        ),
        ("GRANT INSERT ON release.output TO cwg_portal", "release.output can be changed by a role that may not"),
        (
            "GRANT UPDATE ON portal.ledger_head TO cwg_portal",
            "portal.ledger_head can be changed by a role that may not",
        ),
        ("ALTER TABLE portal.contribution DISABLE ROW LEVEL SECURITY", "portal.contribution no longer hides rows"),
        (
            "CREATE OR REPLACE FUNCTION portal.list_row_faults(recorded text) RETURNS TABLE (key text, fault text)"
            " LANGUAGE sql AS 'SELECT NULL::text, NULL::text WHERE false'",
            "the function list_row_faults of the database was changed",
        ),
    ],
)
@pytest.mark.own_database
def test_damage_to_the_digests_or_to_what_records_them_is_named(
    world: World, database: Database, engine: Engine, damage: str, fault: str
) -> None:
    world.meeting()
    with transaction(read_session_factory(engine)) as session:
        assert list(find_row_faults(session)) == []
    database.run_as_superuser(damage)

    with transaction(read_session_factory(engine)) as session:
        assert any(each.startswith(fault) for each in find_row_faults(session))


def test_a_change_with_triggers_off_is_named_after_the_next_change_of_that_row_too(
    world: World, database: Database, engine: Engine
) -> None:
    meeting = world.meeting()
    database.run_as_superuser(f"UPDATE portal.meeting SET number = 99 WHERE id = '{meeting.id}'")
    with transaction(world.write) as session:
        record_rows(session)
        session.get_one(Meeting, meeting.id).place = {"en": "Nairobi"}
        session.flush()
        session.get_one(Meeting, meeting.id).place = {"en": "Geneva"}
    line = count_lines(world)

    fault = f'portal.meeting ["{meeting.id}"] was changed before line {line} without a line of the journal'
    with transaction(read_session_factory(engine)) as session:
        assert list(find_row_faults(session)) == [fault]
    with transaction(world.write) as session:
        record_rows(session)
        session.get_one(Meeting, meeting.id).number = 22
    with transaction(read_session_factory(engine)) as session:
        assert list(find_row_faults(session)) == [fault]


def test_a_row_that_was_put_in_with_triggers_off_is_named_after_its_next_change(
    world: World, database: Database, engine: Engine
) -> None:
    secretary = world.person("ines").id
    database.run_as_superuser(
        f"INSERT INTO portal.clearance SELECT id, 'KEN', '{secretary}', now() FROM portal.body WHERE code = 'sg17'"
    )
    with transaction(world.write) as session:
        record_rows(session)
        set_row_security_entity(session, "KEN")
        session.execute(text("UPDATE portal.clearance SET set_at = now() + interval '1 day'"))
    with transaction(read_session_factory(engine)) as session:
        (fault,) = find_row_faults(session)
    assert " was changed before line " in fault


def test_digests_put_in_for_a_later_transaction_are_not_taken(world: World, database: Database, engine: Engine) -> None:
    """A superuser changes a row, and puts its digest where the portal's next transactions would look for theirs."""
    meeting = world.meeting()
    superuser = create_engine(database.superuser, poolclass=NullPool)
    with superuser.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text("UPDATE portal.meeting SET number = 99"))
        connection.execute(
            text(
                "INSERT INTO portal.pending_row_digest (transaction, relation, key, salt, digest)"
                " SELECT pg_current_xact_id()::text::bigint + n, 'portal.meeting', jsonb_build_array(m.id)::text, '',"
                " sha256(convert_to(portal.get_recorded_content(to_jsonb(m), '{}')::text, 'UTF8'))"
                " FROM portal.meeting m, generate_series(1, 50) n"
            )
        )
    superuser.dispose()
    world.meeting(number=23)

    with transaction(read_session_factory(engine)) as session:
        assert set(find_row_faults(session)) == {
            "digests of rows were put in that no transaction made",
            f'portal.meeting ["{meeting.id}"] was changed without a line of the journal',
        }


@pytest.mark.parametrize("name", ["jsonb", "text", "bytea", "int4", "bool"])
def test_no_type_of_a_session_runs_in_the_functions_of_the_owner(world: World, engine: Engine, name: str) -> None:
    """A type in the temporary schema of a session is not found before that of the catalogue, in any function."""
    world.meeting()
    with engine.begin() as connection:
        connection.execute(text("CREATE TEMPORARY TABLE own (who text)"))
        connection.execute(
            text(
                f"CREATE FUNCTION pg_temp.intrude(value pg_catalog.{name}) RETURNS pg_catalog.bool LANGUAGE plpgsql AS"
                " $$ BEGIN IF current_user = 'cwg_owner' THEN RAISE 'intruded'; END IF; RETURN true; END $$"
            )
        )
        connection.execute(text(f"CREATE DOMAIN pg_temp.{name} AS pg_catalog.{name} CHECK (pg_temp.intrude(VALUE))"))
        connection.execute(text("UPDATE portal.meeting SET number = 24"))
        connection.execute(text(LINE))
        connection.execute(text("SELECT * FROM portal.list_row_faults('portal.meeting')"))


def test_a_json_value_that_is_equal_and_written_otherwise_is_a_change(world: World, engine: Engine) -> None:
    world.meeting()
    with transaction(world.write) as session:
        record_rows(session)
        session.execute(text("""UPDATE portal.meeting SET place = '{"en": 1}'"""))
    with pytest.raises(IntegrityError, match="no line of the journal"), engine.begin() as connection:
        connection.exec_driver_sql("""UPDATE portal.meeting SET place = '{"en": 1.0}'""")
    with pytest.raises(IntegrityError, match="no line of the journal"), engine.begin() as connection:
        connection.exec_driver_sql("""UPDATE portal.meeting SET place = '{"en": 1, "fr": null}'""")


def test_the_entries_of_the_database_are_the_tables_of_this_software(engine: Engine) -> None:
    with transaction(read_session_factory(engine)) as session:
        entries = session.query(row_digests.RecordedTableRow).all()
    assert {RecordedTable(each.relation, tuple(each.key_columns), tuple(each.unrecorded)) for each in entries} == set(
        RECORDED.values()
    )
    assert all(each.is_inventoried for each in entries)


BEFORE = "office_entity+0"
"""The revision before rows were recorded."""


@pytest.fixture
def old_database(new_database: Callable[..., Database]) -> Database:
    """A database of the version before, with three lines of the journal, of which the third is about a person."""
    database = new_database()
    urls = (database.owner, database.portal, database.worker, database.reader)
    migrate(*urls, revision="base")
    migrate(*urls, revision=BEFORE)
    line = "INSERT INTO portal.journal_line (seq, at, event, capacity, entity, facts, previous, digest) VALUES "
    previous = journal.FIRST_PREVIOUS_DIGEST
    for number in (1, 2, 3):
        row = {"seq": number, "at": datetime(2026, 11, 1, tzinfo=UTC), "event": "x", "person": None, "capacity": ""}
        row |= {"entity": "", "body": None, "facts": {"n": number}, "previous": previous, "nonce": None, "rows": None}
        digest = journal.line_digest(row)
        values = f"({number}, '2026-11-01Z', 'x', '', '', '{{\"n\": {number}}}', '{previous}', '{digest}')"
        database.run_as_superuser(line + values)
        previous = digest
    return database


def upgrade(database: Database) -> None:
    migrate(database.owner, database.portal, database.worker, database.reader)


def list_faults(database: Database) -> list[str]:
    engine = create_engine(database.owner, poolclass=NullPool)
    with transaction(read_session_factory(engine)) as session:
        faults = [*journal.find_journal_faults(session), *find_row_faults(session)]
    engine.dispose()
    return faults


def list_lines(database: Database) -> list[tuple[int, str, dict[str, object]]]:
    engine = create_engine(database.owner, poolclass=NullPool)
    with transaction(read_session_factory(engine)) as session:
        lines = session.execute(select(JournalLine.seq, JournalLine.event, JournalLine.facts).order_by(JournalLine.seq))
        found = [(line.seq, line.event, line.facts) for line in lines]
    engine.dispose()
    return found


def test_what_was_there_before_is_inventoried_and_the_lines_of_before_stay(old_database: Database) -> None:
    upgrade(old_database)

    assert list_faults(old_database) == []
    (*_, (number, event, facts)) = list_lines(old_database)
    assert (number, event) == (4, "record:inventoried")
    assert isinstance(facts["rows"], int)
    assert facts["rows"] > 200  # of Member States, bodies and series
    upgrade(old_database)
    assert len(list_lines(old_database)) == 4


def test_an_inventory_that_was_broken_off_goes_on(old_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    parts, take_part = [], migration.take_part_of_inventory

    def take_two_parts(connection: Connection, relations: Sequence[str]) -> None:
        take_part(connection, relations)
        parts.append(relations)
        if len(parts) == 3:
            raise RuntimeError("power cut")

    monkeypatch.setattr(migration, "ROWS_PER_LINE", 100)
    monkeypatch.setattr(migration, "take_part_of_inventory", take_two_parts)
    with pytest.raises(RuntimeError, match="power cut"):
        upgrade(old_database)
    assert list_faults(old_database) != []
    monkeypatch.undo()
    upgrade(old_database)

    assert list_faults(old_database) == []
    assert [event for _, event, _ in list_lines(old_database)] == ["x"] * 3 + ["record:inventoried"] * 3


def test_an_inventory_makes_nothing_good_that_was_changed_since(old_database: Database) -> None:
    upgrade(old_database)
    old_database.run_as_superuser("UPDATE portal.body SET code = 'another' WHERE code = 'sg17'")
    old_database.run_as_superuser("UPDATE portal.recorded_table SET is_inventoried = false")
    upgrade(old_database)

    assert [fault.partition(" [")[0] for fault in list_faults(old_database)] == ["portal.body"]


def test_a_migration_that_adds_a_column_takes_the_inventory_of_its_table_again(old_database: Database) -> None:
    upgrade(old_database)
    old_database.run_as_superuser(
        "ALTER TABLE portal.topic ADD COLUMN weight integer NOT NULL DEFAULT 1;"
        "INSERT INTO portal.journal_line (at, event, capacity, entity, facts)"
        """ VALUES (now(), 'record:migrated', '', '', '{"revision": "weights", "table": "portal.topic"}');"""
        "UPDATE portal.recorded_table SET is_inventoried = false,"
        " inventoried_after = (SELECT max(seq) FROM portal.journal_line) WHERE relation = 'portal.topic'"
    )
    assert any(fault.startswith("portal.topic ") for fault in list_faults(old_database))
    upgrade(old_database)

    assert list_faults(old_database) == []
