"""The read path's own database: what is released arrives there whole, and nothing else of the portal's does."""

import hashlib
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from psycopg import sql
from sqlalchemy import make_url, text
from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError

from app.cli.migrate import close_to_reader, is_same_database, require_done
from app.cli.read_database import IS_LIMITED, LIMITATION, NotPublished, hold_read_database, migrate_read_database
from app.core import clock
from app.core.db import create_database_engine, to_libpq_address, transaction, write_session_factory
from app.core.errors import Unavailable
from app.dissemination.ended_sessions import READING_METADATA
from app.dissemination.reader_sessions import parse_session_cookie
from app.dissemination.refresh import STALE_AFTER
from app.dissemination.release_watcher import POLL_SECONDS
from app.domain.preservation.models import RestoreHoldBase
from app.domain.releases.actions.heartbeat import record_heartbeat
from app.domain.releases.models import ReleaseBase
from app.settings import Settings
from tests.conftest import Database, Server
from tests.dissemination.read_path_site import ReaderSite, pdf_of
from tests.dissemination.replicated_site import ReadDatabase, connect
from tests.dissemination.test_catalogue import eventually
from tests.dissemination.test_cited import CITED
from tests.dissemination.test_outputs import list_numbers

PUBLISHED = "SELECT schemaname || '.' || tablename FROM pg_publication_tables WHERE pubname = 'cwg_release'"
SLOTS = "SELECT count(*) FROM pg_replication_slots WHERE database = '{name}'"

SUBSCRIBED_HERE = "FROM pg_subscription s JOIN pg_database d ON d.oid = subdbid WHERE datname = current_database()"
POSITION = """
    SELECT remote_lsn FROM pg_replication_origin_status JOIN pg_subscription s ON external_id = 'pg_' || s.oid
    JOIN pg_database d ON d.oid = subdbid WHERE datname = current_database()
"""
"""How far a subscription got: what was applied up to there is not applied again."""

RIGHTS_ON_ENDED = """
    SELECT privilege_type FROM information_schema.role_table_grants
    WHERE grantee = 'cwg_reader' AND table_schema = 'reading' ORDER BY 1
"""
POLICIES = """
    SELECT cmd, qual, with_check FROM pg_policies
    JOIN pg_class ON oid = 'reading.ended_session'::regclass AND relrowsecurity
    WHERE schemaname = 'reading' AND roles = '{cwg_reader}' ORDER BY 1
"""
SUBSCRIBED = "SELECT 1 FROM pg_subscription s JOIN pg_database d ON d.oid = subdbid"


def test_what_is_released_arrives_and_is_shown(site: ReaderSite) -> None:
    reader = site.browser("academia")
    assert list_numbers(reader.get("/outputs").text) == []

    address = site.release(1)
    eventually(lambda: list_numbers(reader.get("/outputs").text) == ["1"])
    assert reader.get(f"{address}/files/en").status_code == 200

    site.release(2)
    site.withdraw(1)
    eventually(lambda: reader.get(address).status_code == 410)
    assert list_numbers(reader.get("/outputs").text) == ["2"]


def test_the_pdf_and_the_headings_of_a_text_arrive_with_it(site: ReaderSite, read_database: ReadDatabase) -> None:
    text = {"texts": {"en": ["Costs", "Proposals"]}, "heading_levels": {"en": [1, 1]}}
    address, reader = site.release(1, pdf=True, languages=("en",), **text), site.browser("academia")
    eventually(lambda: 'href="#section-proposals"' in reader.get(address).text)
    pdf = pdf_of(1, "en")

    assert reader.get(f"{address}/files/en/pdf").content == pdf

    kept = [(hashlib.sha256(pdf).hexdigest(), len(pdf))]
    assert read_database.run("SELECT pdf, pdf_size FROM release.file") == kept
    with pytest.raises(psycopg.errors.CheckViolation, match="ck_file_pdf_is_whole"):
        read_database.run("UPDATE release.file SET pdf_size = NULL")
    read_database.rebuild()
    assert read_database.run("SELECT pdf, pdf_size FROM release.file") == kept


def test_citations_questions_and_names_arrive_and_those_of_a_withdrawn_output_too(site: ReaderSite) -> None:
    said = {"state": "EXAMPLE-TEL", "names": {"en": "Example Telecom"}, "kind": "explanation"}
    statements = [said | {"text": "As it stands.", "language": "en"}]
    address, reader = site.release(1, statements=statements, **CITED), site.browser("academia")

    eventually(lambda: "Q6/3 – Charging and accounting" in reader.get(address).text)
    page = reader.get(address).text
    assert "Example Telecom" in page
    assert "WTSA Resolution 75 (2008), resolves 1" in page
    site.withdraw(1)
    eventually(lambda: reader.get(address).status_code == 410)
    assert reader.get(f"{address}.json").json()["questions"] == ["Q6/3"]


def test_what_was_released_before_the_subscription_is_copied(
    settings: Settings, portal_database: Database, read_database: ReadDatabase, tmp_path: Path
) -> None:
    update = {"database_url": portal_database.portal, "worker_database_url": portal_database.worker}
    before = ReaderSite(settings.model_copy(update=update | {"reader_database_url": portal_database.reader}), tmp_path)
    before.release(1)
    before.close()

    assert read_database.migrate()

    assert read_database.run("SELECT symbol FROM release.output") == [("CWG-Internet 22/OUT/1",)]
    assert read_database.migrate()  # again: nothing changes
    assert read_database.run("SELECT count(*) FROM release.output") == [(1,)]


def test_nothing_is_read_while_the_copy_is_not_whole(site: ReaderSite, read_database: ReadDatabase) -> None:
    """A table that is not copied yet: its rows are missing, and those of the others are there."""
    site.release(1)
    reader = site.browser("academia")
    eventually(lambda: list_numbers(reader.get("/outputs").text) == ["1"])
    read_database.run("UPDATE pg_subscription_rel SET srsubstate = 'd' WHERE srrelid = 'release.file'::regclass")

    with pytest.raises(Unavailable):
        site.state.refresher.refresh()
    assert list_numbers(reader.get("/outputs").text) == ["1"]

    read_database.run("UPDATE pg_subscription_rel SET srsubstate = 'r'")
    site.state.refresher.refresh()


def test_what_arrives_is_on_the_disk_before_readers_see_it(read_database: ReadDatabase) -> None:
    """Also of a subscription that an earlier version made. `make faults` kills the server as soon as it shows a
    release."""
    commit = "SELECT subsynccommit FROM pg_subscription s JOIN pg_database d ON d.oid = subdbid WHERE datname ="
    commit += " current_database()"
    read_database.migrate()
    assert read_database.run(commit) == [("on",)]
    read_database.run("ALTER SUBSCRIPTION cwg_release SET (synchronous_commit = off)")

    read_database.migrate()

    assert read_database.run(commit) == [("on",)]
    read_database.rebuild()
    assert read_database.run(commit) == [("on",)]


def test_a_rebuilt_database_has_exactly_what_is_released(site: ReaderSite, read_database: ReadDatabase) -> None:
    site.release(1)
    eventually(lambda: read_database.run("SELECT count(*) FROM release.output") == [(1,)])
    read_database.run("UPDATE release.output SET kind = 'decision'")
    read_database.run("INSERT INTO release.hold VALUES (1, now(), 'of a test')")

    read_database.rebuild()

    assert read_database.run("SELECT symbol, kind FROM release.output") == [("CWG-Internet 22/OUT/1", "report")]
    assert read_database.run("SELECT count(*) FROM release.hold") == [(0,)]
    site.release(2)
    reader = site.browser("academia")
    eventually(lambda: list_numbers(reader.get("/outputs").text) == ["2", "1"])
    assert count_slots(read_database.portal) == 1


def test_after_a_restore_of_the_portal_nothing_is_served_until_the_read_database_is_rebuilt(
    site: ReaderSite, read_database: ReadDatabase
) -> None:
    address, reader = site.release(1), site.browser("academia")
    eventually(lambda: reader.get(address).status_code == 200)

    hold_read_database(read_database.owner)

    eventually(lambda: reader.get(address).status_code == 503)
    assert reader.get("/outputs").status_code == 503
    read_database.rebuild()
    eventually(lambda: reader.get(address).status_code == 200)


def test_no_reader_sees_a_rebuild_half_done(site: ReaderSite, read_database: ReadDatabase) -> None:
    """A reader who asks all the time sees nothing, and then everything."""
    address, reader = site.release(1), site.browser("academia")
    eventually(lambda: reader.get(address).status_code == 200)
    hold_read_database(read_database.owner)
    eventually(lambda: reader.get(address).status_code == 503)
    seen: list[int] = []

    with ThreadPoolExecutor(1) as pool:
        rebuilding = pool.submit(read_database.rebuild)
        while not rebuilding.done() or seen[-1] != 200:
            seen.append(reader.get(address).status_code)
            assert len(seen) < 10_000
        rebuilding.result()

    assert set(seen) == {503, 200}


def test_a_rebuild_and_a_reading_of_before_do_not_wait_for_each_other(
    site: ReaderSite, read_database: ReadDatabase
) -> None:
    site.release(1)
    with psycopg.connect(to_libpq_address(read_database.reader)) as reader:
        reader.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        eventually(lambda: read_database.run("SELECT count(*) FROM release.file") == [(3,)])
        assert reader.execute("SELECT count(*) FROM release.hold").fetchone() == (0,)

        read_database.rebuild()

        assert reader.execute("SELECT count(*) FROM release.file").fetchone() == (3,)


def test_a_running_site_shows_what_a_rebuild_put_right(site: ReaderSite, read_database: ReadDatabase) -> None:
    site.release(1)
    reader = site.browser("academia")
    eventually(lambda: list_numbers(reader.get("/outputs").text) == ["1"])
    read_database.run("DELETE FROM release.file; UPDATE release.version SET number = 4711")
    eventually(lambda: list_numbers(reader.get("/outputs").text) == [])

    read_database.rebuild()

    eventually(lambda: list_numbers(reader.get("/outputs").text) == ["1"])


def count_slots(database: Database) -> int:
    with database.server.line(database.name) as line:
        (count,) = line.execute(SLOTS.format(name=database.name)).fetchone()
        return count


def test_a_rebuild_that_fails_leaves_the_old_subscription_and_no_slot(
    site: ReaderSite, read_database: ReadDatabase, portal_database: Database
) -> None:
    """What had arrived is not sent again: a row that is there already would stop the subscription for good."""
    site.release(1)
    eventually(lambda: read_database.run("SELECT count(*) FROM release.output") == [(1,)])
    read_database.run(
        "CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$;"
        "CREATE TRIGGER refuse BEFORE DELETE ON release.version FOR EACH ROW EXECUTE FUNCTION public.refuse()"
    )
    assert count_slots(portal_database) == 1
    [(position,)] = read_database.run(POSITION)

    with pytest.raises(DBAPIError, match="no"):
        read_database.rebuild()

    assert count_slots(portal_database) == 1
    assert read_database.run(f"SELECT ({POSITION}) >= '{position}'::pg_lsn") == [(True,)]
    site.release(2)  # the worker of the subscription was stopped, and is started again within seconds
    eventually(lambda: list_numbers(site.browser("academia").get("/outputs").text) == ["2", "1"], within=30)


def test_a_rebuild_after_one_that_was_killed_leaves_one_subscription_and_one_slot(
    site: ReaderSite, read_database: ReadDatabase, portal_database: Database
) -> None:
    """Killed after its transaction: the subscription of before is there under another name, and its slot too."""
    site.release(1)
    slot = read_database.run("SELECT subslotname " + SUBSCRIBED_HERE)[0][0]
    for change in ("DISABLE", "SET (slot_name = NONE)", f"RENAME TO cwg_release_before_{slot}"):
        read_database.run(f"ALTER SUBSCRIPTION cwg_release {change}")

    read_database.rebuild()

    assert read_database.run("SELECT count(*) " + SUBSCRIBED_HERE) == [(1,)]
    assert count_slots(portal_database) == 1
    site.release(2)
    eventually(lambda: list_numbers(site.browser("academia").get("/outputs").text) == ["2", "1"])


def test_more_databases_are_subscribed_than_postgresql_has_workers_by_default(
    server: Server, portal_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Parallel tests subscribe in one cluster. Without a free worker the copy does not begin."""
    monkeypatch.setattr("app.cli.read_database.COPY_TIMEOUT", 30.0)
    databases = [ReadDatabase(server, portal_database) for _number in range(4)]
    try:
        assert all(database.migrate() for database in databases)
    finally:
        for database in databases:
            database.drop()


def test_a_subscription_whose_slot_is_gone_is_named(read_database: ReadDatabase, portal_database: Database) -> None:
    assert read_database.migrate()
    read_database.run("ALTER SUBSCRIPTION cwg_release DISABLE")
    with portal_database.server.line(portal_database.name) as line:
        drop = "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE database = %s AND NOT active"
        eventually(lambda: line.execute(drop, [portal_database.name]).rowcount == 1)

    with pytest.raises(ValueError, match="rebuild-read"):
        read_database.migrate()
    read_database.rebuild()
    assert read_database.migrate()


def test_a_portal_that_is_held_after_a_restore_is_not_copied(
    read_database: ReadDatabase, portal_database: Database
) -> None:
    assert read_database.migrate()
    portal_database.run_as_superuser("INSERT INTO release.hold VALUES (1, now(), 'unproven')")

    with pytest.raises(ValueError, match="reopen"):
        read_database.rebuild()

    portal_database.run_as_superuser("DELETE FROM release.hold")
    read_database.rebuild()


def test_a_database_to_which_nothing_was_copied_yet_is_not_served(
    settings: Settings, portal_database: Database, read_database: ReadDatabase, tmp_path: Path
) -> None:
    with portal_database.server.line(portal_database.name) as line:
        line.execute("ALTER PUBLICATION cwg_release RENAME TO another")
    assert read_database.migrate() is False
    reader_site = ReaderSite(settings.model_copy(update={"reader_database_url": read_database.reader}), tmp_path)
    assert reader_site.browser("academia").get("/outputs").status_code == 503

    with portal_database.server.line(portal_database.name) as line:
        line.execute("ALTER PUBLICATION another RENAME TO cwg_release")
    assert read_database.migrate()
    assert reader_site.browser("academia").get("/outputs").status_code == 200
    reader_site.close()


def test_the_read_path_is_not_ready_on_a_schema_of_the_version_before(
    settings: Settings, read_database: ReadDatabase, tmp_path: Path
) -> None:
    assert read_database.migrate()
    newest = read_database.run("SELECT version_num FROM release.alembic_version")[0][0]
    read_database.run("UPDATE release.alembic_version SET version_num = 'released'")
    reader_site = ReaderSite(settings.model_copy(update={"reader_database_url": read_database.reader}), tmp_path)
    assert reader_site.browser("academia").get("/readyz").status_code == 503

    read_database.run(f"UPDATE release.alembic_version SET version_num = '{newest}'")

    assert reader_site.browser("academia").get("/readyz").status_code == 200
    reader_site.close()


def test_a_hold_needs_a_database_that_is_there(read_database: ReadDatabase) -> None:
    assert hold_read_database(read_database.owner) is False  # it was never migrated
    assert hold_read_database("postgresql+psycopg://nobody@127.0.0.1:9/nothing") is False
    read_database.migrate()
    assert hold_read_database(read_database.owner) is True


def test_a_migration_that_is_refused_shows_no_password(server: Server, read_database: ReadDatabase) -> None:
    server.run("CREATE ROLE without_rights LOGIN")
    server.run(f"ALTER DATABASE {read_database.name} OWNER TO without_rights")
    server.run("CREATE ROLE reader_without_login")
    reader = make_url(read_database.reader).set(username="reader_without_login", password="of-the-reader")
    try:
        with pytest.raises(ProgrammingError, match="permission denied to alter role") as refused:
            migrate_read_database(
                server.url(read_database.name, "without_rights"),
                reader.render_as_string(hide_password=False),
                read_database.replication,
            )
        assert "of-the-reader" not in str(refused.value)
    finally:
        server.run(f"ALTER DATABASE {read_database.name} OWNER TO cwg_owner")
        with server.line(read_database.name) as line:
            line.execute("DROP OWNED BY without_rights CASCADE")
        server.run("DROP ROLE reader_without_login, without_rights")


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("postgresql://o@db/cwg", "postgresql://r@db:5432/cwg", True),
        ("postgresql://o@db/cwg", "postgresql://r@db/cwg_read", False),
        ("postgresql://o@db/cwg", "postgresql://r@other/cwg", False),
    ],
)
def test_a_database_is_recognised_by_its_addresses(one: str, other: str, is_same: bool) -> None:
    assert is_same_database(one, other) is is_same


def test_a_site_that_is_behind_says_since_when(site: ReaderSite, read_database: ReadDatabase) -> None:
    refresher = site.state.refresher
    engine = create_database_engine(site.settings.worker_database_url)

    def give_sign_of_life() -> None:
        with transaction(write_session_factory(engine)) as session:
            record_heartbeat(session)

    give_sign_of_life()
    eventually(lambda: read_database.run("SELECT at IS NOT NULL FROM release.heartbeat") == [(True,)])
    read_database.run("ALTER SUBSCRIPTION cwg_release DISABLE")
    time.sleep(2 * POLL_SECONDS)  # what had arrived before is seen
    behind_since = refresher.confirmed_at
    give_sign_of_life()
    time.sleep(2 * POLL_SECONDS)
    assert refresher.confirmed_at == behind_since <= clock.now()
    with clock.shifted_clock(STALE_AFTER + timedelta(seconds=5)):
        assert refresher.stale_since() == behind_since
        assert "may be out of date" in site.browser("member_state").get("/outputs").text

    read_database.run("ALTER SUBSCRIPTION cwg_release ENABLE")

    eventually(lambda: refresher.confirmed_at > behind_since)
    engine.dispose()


def test_before_the_portal_is_migrated_nothing_is_subscribed(
    new_database: Callable[..., Database], server: Server
) -> None:
    portal = new_database()
    with server.line(portal.name) as line:
        line.execute("DROP PUBLICATION cwg_release")
    made = ReadDatabase(server, portal)
    try:
        assert made.migrate() is False
        with pytest.raises(NotPublished):
            made.rebuild()
    finally:
        made.drop()


def test_everything_of_the_schema_is_published_but_the_hold(portal_database: Database, server: Server) -> None:
    with server.line(portal_database.name) as line:
        published = {name for (name,) in line.execute(PUBLISHED)}

    assert published == {f"release.{table.name}" for table in ReleaseBase.metadata.sorted_tables}


def test_the_schema_of_the_read_database_is_that_of_the_models(read_database: ReadDatabase) -> None:
    read_database.migrate()
    options = {
        "include_schemas": True,
        "include_name": lambda name, kind, parents: (
            name == "release" if kind == "schema" else parents.get("schema_name") == "release"
        ),
        "compare_type": True,
        "version_table_schema": "release",
    }
    with connect(read_database.owner) as connection:
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, [ReleaseBase.metadata, RestoreHoldBase.metadata]) == []


def is_in_reading_schema(name: str | None, kind: str, _parents: object) -> bool:
    return kind != "schema" or name == "reading"


def test_both_databases_have_the_table_of_ended_sessions_of_the_code(
    read_database: ReadDatabase, portal_database: Database
) -> None:
    read_database.migrate()
    for address in (read_database.owner, portal_database.superuser):
        with connect(address) as connection:
            options = {"include_schemas": True, "include_name": is_in_reading_schema}
            context = MigrationContext.configure(connection, opts=options)
            assert compare_metadata(context, READING_METADATA) == []
            rights = connection.scalars(text(RIGHTS_ON_ENDED)).all()
            assert rights == ["DELETE", "INSERT", "SELECT"]
            assert [tuple(row) for row in connection.execute(text(POLICIES))] == [
                ("DELETE", "(until < now())", None),
                ("INSERT", None, "(until < (now() + '1 day'::interval))"),
                ("SELECT", "true", None),
            ]


def test_what_ended_is_not_published_and_is_there_after_a_rebuild(
    site: ReaderSite, read_database: ReadDatabase, portal_database: Database
) -> None:
    address, cookie = site.release(1), site.cookie()
    ended, other = site.browser(cookie=cookie), site.browser("academia")
    eventually(lambda: ended.get(address).status_code == other.get(address).status_code == 200)
    reader = parse_session_cookie(site.state, {"cwg_read": cookie})
    site.state.ended_sessions.end_session(reader.id, reader.marks)
    assert read_database.run("SELECT count(*) FROM reading.ended_session") == [(1,)]

    read_database.rebuild()

    assert read_database.run("SELECT count(*) FROM reading.ended_session") == [(1,)]
    assert (ended.get(address).status_code, other.get(address).status_code) == (401, 200)
    with portal_database.server.line(portal_database.name) as line:
        assert line.execute("SELECT count(*) FROM reading.ended_session").fetchone() == (0,)


def test_the_role_of_the_read_path_reaches_nothing_of_the_portal(
    site: ReaderSite, read_database: ReadDatabase, portal_database: Database
) -> None:
    with connect(portal_database.reader) as connection:
        assert connection.scalar(text("SELECT count(*) FROM release.output")) == 0
    with connect(portal_database.owner) as connection:
        close_to_reader(connection)
        connection.commit()

    with pytest.raises(OperationalError, match="permission denied for database"), connect(portal_database.reader):
        pass
    with connect(portal_database.portal) as portal:
        assert portal.scalar(text("SELECT count(*) FROM portal.journal_line"))


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TEMPORARY TABLE mine (x int)",
        "UPDATE release.version SET number = 0",
        "ALTER SUBSCRIPTION cwg_release DISABLE",
        "SELECT subconninfo FROM pg_subscription",
        "SELECT received_lsn FROM pg_stat_subscription",  # how much the portal has written
        "SELECT pg_stat_get_subscription(NULL)",
        "INSERT INTO release.hold VALUES (1, now(), 'x')",
        "UPDATE reading.ended_session SET until = now()",
    ],
)
def test_the_role_of_the_read_path_changes_nothing_in_its_own_database(
    site: ReaderSite, read_database: ReadDatabase, statement: str
) -> None:
    with connect(read_database.reader) as reader:
        assert reader.scalar(text("SELECT number FROM release.version")) is not None
        with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):
            reader.execute(text(statement))


def test_a_lock_that_the_role_of_the_read_path_holds_stops_nothing(
    site: ReaderSite, read_database: ReadDatabase, portal_database: Database
) -> None:
    """In one database, the lock that orders the journal could be taken by any role."""
    with psycopg.connect(to_libpq_address(read_database.reader), autocommit=True) as reader:
        for number in range(7510075, 7510082):
            reader.execute("SELECT pg_advisory_lock(%s)", [number])

        address = site.release(1)

        eventually(lambda: site.browser("academia").get(address).status_code == 200)
        assert reader.execute("SELECT rolconnlimit FROM pg_roles WHERE rolname = current_user").fetchone() == (60,)


def test_a_role_that_another_migration_limits_at_the_same_time_is_limited(
    server: Server, read_database: ReadDatabase
) -> None:
    """All databases of a cluster have it in common, and PostgreSQL refuses the second change of two at a time."""
    role = f"r_{uuid4().hex[:8]}"
    server.run(f"CREATE ROLE {role}")
    limits = {"reader": role, "limit": 60}
    statement = sql.SQL(LIMITATION).format(reader=sql.Identifier(role), limit=sql.Literal(60))
    try:
        with connect(read_database.owner) as other, server.line("postgres") as first, ThreadPoolExecutor(1) as pool:
            with first.transaction():
                first.execute(f"ALTER ROLE {role} CONNECTION LIMIT 7")
                done = pool.submit(require_done, other, [statement], IS_LIMITED, limits)
                with pytest.raises(TimeoutError):  # it waits for the first one
                    done.result(timeout=0.5)
            done.result()
            assert other.scalar(text(IS_LIMITED), limits)
    finally:
        server.run(f"DROP ROLE {role}")
