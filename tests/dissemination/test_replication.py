"""The read path's own database: what is released arrives there whole, and nothing else of the portal's does."""

import time
from argparse import Namespace
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Event
from uuid import uuid4

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from psycopg import sql
from sqlalchemy import Connection, Engine, NullPool, create_engine, make_url, text
from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError

from app import read_database_verification
from app.cli.migrate import close_to_reader, is_same_database, require_done
from app.cli.operations import run_verification
from app.cli.read_database import (
    IS_LIMITED,
    LIMITATION,
    NotPublished,
    hold_read_database,
    migrate_read_database,
    rebuild_read_database,
)
from app.core import clock
from app.core.database_names import format_database_name
from app.core.db import (
    create_database_engine,
    read_session_factory,
    to_libpq_address,
    transaction,
    write_session_factory,
)
from app.core.errors import Unavailable
from app.core.files.partial_uploads import PartialUploadStore
from app.core.storage import open_store
from app.dissemination.refresh import STALE_AFTER
from app.dissemination.release_watcher import POLL_SECONDS
from app.domain.monitoring.queries import get_health_metrics
from app.domain.monitoring.rules.alarms import AlarmKind, HealthMetrics, evaluate_alarms
from app.domain.preservation.models import ComparisonOutcome, RestoreHoldBase
from app.domain.releases.actions.heartbeat import record_heartbeat
from app.domain.releases.models import ReleaseBase
from app.read_database_verification import ReadDatabaseComparison, compare_read_database
from app.settings import Settings
from app.worker.nightly_verification import verify_nightly
from app.worker.release import WorkerContext
from tests.conftest import Database, Server
from tests.dissemination.read_path_site import ReaderSite
from tests.dissemination.test_catalogue import disable_direct_refresh, eventually
from tests.dissemination.test_outputs import list_numbers

PUBLISHED = "SELECT schemaname || '.' || tablename FROM pg_publication_tables WHERE pubname = 'cwg_release'"
SLOTS = "SELECT count(*) FROM pg_replication_slots WHERE database = '{name}'"

SUBSCRIBED_HERE = "FROM pg_subscription s JOIN pg_database d ON d.oid = subdbid WHERE datname = current_database()"
POSITION = """
    SELECT remote_lsn FROM pg_replication_origin_status JOIN pg_subscription s ON external_id = 'pg_' || s.oid
    JOIN pg_database d ON d.oid = subdbid WHERE datname = current_database()
"""
"""How far a subscription got: what was applied up to there is not applied again."""

SUBSCRIBED = "SELECT 1 FROM pg_subscription s JOIN pg_database d ON d.oid = subdbid"


class ReadDatabase:
    """A database of the read path, and the portal's from which it is filled."""

    def __init__(self, server: Server, portal: Database) -> None:
        self.server, self.portal, self.name = server, portal, f"r_{uuid4().hex}"
        server.run(f"CREATE DATABASE {self.name} OWNER cwg_owner")

    @property
    def owner(self) -> str:
        return self.server.url(self.name, "postgres")  # who may create subscriptions

    @property
    def reader(self) -> str:
        return self.server.url(self.name, "cwg_reader")

    @property
    def shown_name(self) -> str:
        return format_database_name(self.reader)

    @property
    def replication(self) -> str:
        return self.server.url(self.portal.name, "cwg_replica")

    def migrate(self) -> bool:
        return migrate_read_database(self.owner, self.reader, self.replication)

    def rebuild(self) -> None:
        rebuild_read_database(self.owner, self.replication)

    def run(self, statement: str) -> list[tuple[object, ...]]:
        """Run a statement as the superuser of the cluster."""
        with self.server.line(self.name) as line:
            result = line.execute(statement)
            return result.fetchall() if result.description else []

    def drop(self) -> None:
        if self.run(
            "SELECT 1 FROM pg_subscription s JOIN pg_database d ON d.oid = subdbid WHERE datname = current_database()"
        ):
            self.run("ALTER SUBSCRIPTION cwg_release DISABLE")
            self.run("DROP SUBSCRIPTION cwg_release")
        self.server.run(f"DROP DATABASE {self.name} WITH (FORCE)")


@pytest.fixture
def portal_database(new_database: Callable[..., Database]) -> Database:
    return new_database(template="template_with_cast")


@pytest.fixture
def read_database(server: Server, portal_database: Database) -> Iterator[ReadDatabase]:
    made = ReadDatabase(server, portal_database)
    yield made
    made.drop()


@pytest.fixture
def site(
    settings: Settings, portal_database: Database, read_database: ReadDatabase, tmp_path: Path
) -> Iterator[ReaderSite]:
    """A reader site on its own database, filled through the portal's."""
    assert read_database.migrate()
    urls = {
        "database_url": portal_database.portal,
        "worker_database_url": portal_database.worker,
        "reader_database_url": read_database.reader,
    }
    made = ReaderSite(settings.model_copy(update=urls), tmp_path)
    disable_direct_refresh(made)
    made.state.refresher.start()
    eventually(lambda: made.state.refresher.current_catalogues is not None)
    yield made
    made.state.refresher.stop()
    made.close()


@contextmanager
def connect(url: str) -> Iterator[Connection]:
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def test_what_is_released_arrives_and_is_shown_within_two_seconds(site: ReaderSite) -> None:
    reader = site.browser("academia")
    assert list_numbers(reader.get("/outputs").text) == []

    address = site.release(1)
    eventually(lambda: list_numbers(reader.get("/outputs").text) == ["1"], within=2.0)
    assert reader.get(f"{address}/files/en").status_code == 200

    site.release(2)
    site.withdraw(1)
    eventually(lambda: reader.get(address).status_code == 410, within=2.0)
    assert list_numbers(reader.get("/outputs").text) == ["2"]


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


def compare(read_database: ReadDatabase, patience: float = 10.0) -> ReadDatabaseComparison:
    return compare_read_database(read_database.portal.owner, read_database.reader, patience=patience)


def test_verify_names_each_row_of_the_read_database_that_is_not_the_portals(
    site: ReaderSite, read_database: ReadDatabase
) -> None:
    site.release(1)
    site.release(2)
    assert compare(read_database) == ReadDatabaseComparison(read_database.shown_name, ComparisonOutcome.SAME)
    first, second = (key for (key,) in read_database.run("SELECT id FROM release.output ORDER BY symbol"))

    read_database.run(f"UPDATE release.output SET adopted_on = adopted_on - 1 WHERE id = '{first}'")
    read_database.run(f"DELETE FROM release.file WHERE output_id = '{second}' AND language = 'en'")
    read_database.run(f"INSERT INTO release.topic VALUES ('{second}', 'spam', 9, '{{}}')")

    assert compare(read_database, patience=0.5) == ReadDatabaseComparison(
        read_database.shown_name,
        ComparisonOutcome.DIFFERENT,
        (
            f'release.output ["{first}"] is not the same in the read path\'s database',
            f'release.file ["{second}", "en"] is missing in the read path\'s database',
            f'release.topic ["{second}", "spam"] is in the read path\'s database only',
        ),
    )


def test_verify_waits_for_what_was_released_just_now(site: ReaderSite, read_database: ReadDatabase) -> None:
    read_database.run("ALTER SUBSCRIPTION cwg_release DISABLE")
    site.release(1)
    assert any(row.startswith("release.manifest [1] is missing") for row in compare(read_database, 0.5).differences)

    with ThreadPoolExecutor(1) as others:
        done = others.submit(compare, read_database)
        time.sleep(1)
        read_database.run("ALTER SUBSCRIPTION cwg_release ENABLE")
        assert done.result().outcome is ComparisonOutcome.SAME


@contextmanager
def sign_of_life(site: ReaderSite) -> Iterator[None]:
    """The signs of life that the worker gives meanwhile, several each second."""
    engine, ended = create_database_engine(str(site.settings.worker_database_url), pool_size=1), Event()

    def give_signs() -> None:
        while not ended.wait(0.1):
            with transaction(write_session_factory(engine)) as session:
                record_heartbeat(session)

    with ThreadPoolExecutor(1) as worker:
        giving = worker.submit(give_signs)
        try:
            eventually(lambda: has_heartbeat(engine))
            yield
        finally:
            ended.set()
            giving.result()
            engine.dispose()


def has_heartbeat(engine: Engine) -> bool:
    with engine.connect() as connection:
        return connection.scalar(text("SELECT at IS NOT NULL FROM release.heartbeat")) is True


def test_a_read_database_that_is_behind_is_not_one_that_was_changed(
    site: ReaderSite, read_database: ReadDatabase
) -> None:
    with sign_of_life(site):
        assert compare(read_database).outcome is ComparisonOutcome.SAME
        read_database.run("ALTER SUBSCRIPTION cwg_release DISABLE")
        site.release(1)

        assert compare(read_database, patience=1.0) == ReadDatabaseComparison(
            read_database.shown_name, ComparisonOutcome.BEHIND
        )

        read_database.run("ALTER SUBSCRIPTION cwg_release ENABLE")
        assert compare(read_database).outcome is ComparisonOutcome.SAME
        read_database.run("DELETE FROM release.manifest")
        deleted = compare(read_database, patience=1.0)
        assert deleted.outcome is ComparisonOutcome.DIFFERENT, "what came before has arrived"
        assert deleted.differences == ("release.manifest [1] is missing in the read path's database",)


def test_what_is_released_during_the_comparison_is_not_taken_for_a_difference(
    site: ReaderSite, read_database: ReadDatabase
) -> None:
    """The other tables are looked at once, since the row that was changed takes all the patience. By then the signs of
    life that came after the start have arrived, and the second release has not."""
    with sign_of_life(site), ThreadPoolExecutor(1) as others:
        site.release(1)
        assert compare(read_database).outcome is ComparisonOutcome.SAME
        read_database.run("UPDATE release.manifest SET statement = 'x'")

        done = others.submit(compare, read_database, patience=6.0)
        time.sleep(1)
        read_database.run("ALTER SUBSCRIPTION cwg_release DISABLE")
        site.release(2)
        time.sleep(8)
        read_database.run("ALTER SUBSCRIPTION cwg_release ENABLE")

        assert done.result().differences == ("release.manifest [1] is not the same in the read path's database",)


def test_a_row_that_changes_again_while_the_read_database_is_behind_is_not_taken_for_a_difference(
    site: ReaderSite, read_database: ReadDatabase
) -> None:
    """The portal's row is another one at the last look, so the earlier one may have arrived and been followed."""
    with sign_of_life(site), ThreadPoolExecutor(1) as others, connect(read_database.portal.owner) as portal:
        site.release(1)
        assert compare(read_database).outcome is ComparisonOutcome.SAME
        read_database.run("UPDATE release.version SET number = 4711")
        done = others.submit(compare, read_database, patience=1.0)
        while not done.done():
            portal.execute(text("UPDATE release.version SET number = number + 1"))
            portal.commit()
            time.sleep(0.01)
            read_database.run("UPDATE release.version SET number = 4711")
        assert done.result().outcome is not ComparisonOutcome.DIFFERENT


def test_a_rebuild_during_the_comparison_is_not_taken_for_a_difference(
    site: ReaderSite, read_database: ReadDatabase
) -> None:
    site.release(1)
    assert compare(read_database).outcome is ComparisonOutcome.SAME
    read_database.run("DELETE FROM release.manifest")

    with ThreadPoolExecutor(1) as others:
        done = others.submit(compare, read_database, patience=3.0)
        time.sleep(1)
        assert not done.done(), "it had begun, and was not incomplete then"
        read_database.run("INSERT INTO release.hold VALUES (1, now(), 'portal restored')")
        assert done.result().outcome is ComparisonOutcome.BEHIND


def test_a_read_database_that_is_to_be_rebuilt_is_not_compared(site: ReaderSite, read_database: ReadDatabase) -> None:
    site.release(1)
    assert compare(read_database).outcome is ComparisonOutcome.SAME
    read_database.run("INSERT INTO release.hold VALUES (1, now(), 'portal restored'); DELETE FROM release.manifest")

    assert compare(read_database).outcome is ComparisonOutcome.BEHIND


def test_a_read_database_that_cannot_be_read_is_named_without_its_password(
    site: ReaderSite, read_database: ReadDatabase
) -> None:
    nowhere = "postgresql+psycopg://cwg_reader:of-the-reader@127.0.0.1:9/cwg_read"
    assert compare_read_database(read_database.portal.owner, nowhere, patience=0.5) == ReadDatabaseComparison(
        "127.0.0.1:9/cwg_read", ComparisonOutcome.UNREADABLE, cause="OperationalError"
    )
    read_database.run("REVOKE SELECT ON release.manifest FROM cwg_reader")
    assert compare(read_database).cause == "InsufficientPrivilege"


def test_keys_of_a_read_database_are_read_up_to_a_length(site: ReaderSite, read_database: ReadDatabase) -> None:
    """Two keys that are the same up to there are two rows."""
    site.release(1)
    assert compare(read_database).outcome is ComparisonOutcome.SAME
    read_database.run(
        "ALTER SUBSCRIPTION cwg_release DISABLE; ALTER TABLE release.topic DROP CONSTRAINT pk_topic;"
        "INSERT INTO release.topic SELECT id, repeat('a', 10000000) || n, 1, '{}' FROM release.output,"
        " generate_series(1, 2) n"
    )

    differences = compare(read_database, patience=0.5).differences

    assert len(set(differences)) == len(differences) == 2
    assert max(map(len, differences)) < 700


def test_a_comparison_ends_however_slowly_a_read_database_answers(
    site: ReaderSite, read_database: ReadDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert compare(read_database).outcome is ComparisonOutcome.SAME
    monkeypatch.setattr("app.read_database_verification.MAX_SECONDS", 0.0)

    assert compare(read_database) == ReadDatabaseComparison(
        read_database.shown_name, ComparisonOutcome.UNREADABLE, cause="TimeoutError"
    )


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


@pytest.fixture
def short_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a worker a difference is waited for to the end, forty seconds."""
    monkeypatch.setattr(read_database_verification, "PATIENCE_SECONDS", 1.0)


@pytest.mark.usefixtures("short_patience")
def test_the_command_verify_names_what_was_changed_in_the_read_database(
    site: ReaderSite, read_database: ReadDatabase, capsys: pytest.CaptureFixture[str]
) -> None:
    urls = {"owner_database_url": read_database.portal.owner, "reader_database_url": read_database.reader}
    whole = site.state.settings.model_copy(update=urls)
    assert run_verification(whole, Namespace()) == 0
    same, whole_record = capsys.readouterr().out.splitlines()
    assert same == f"read path ({read_database.shown_name}): every row is the same as in the portal's database"
    assert whole_record.startswith("The record is whole: ")

    read_database.run("DELETE FROM release.version")
    assert run_verification(whole, Namespace()) == 1
    difference = f"read path ({read_database.shown_name}): release.version [1] is missing in the read path's database"
    named, whole_record = capsys.readouterr().out.splitlines()
    assert named == difference
    assert whole_record.startswith("The record is whole: ")
    read_database.run("REVOKE SELECT ON release.version FROM cwg_reader")
    assert run_verification(whole, Namespace()) == 1
    assert f"({read_database.shown_name}): it could not be compared: Insuff" in capsys.readouterr().out
    nowhere = whole.model_copy(update={"reader_database_url": None})
    assert run_verification(nowhere, Namespace()) == 0
    assert "was not compared: CWG_READER_DATABASE_URL is not set" in capsys.readouterr().out


@pytest.fixture
def check_by_night(site: ReaderSite, read_database: ReadDatabase) -> Iterator[Callable[..., HealthMetrics]]:
    """Make the nightly check with these settings; the metrics after it."""
    engine = create_database_engine(str(site.settings.worker_database_url), pool_size=2)
    stores = open_store(site.settings.store_url), open_store(site.settings.release_store_url)
    context = WorkerContext(
        write_session_factory(engine), *stores, PartialUploadStore(site.settings.staging_folder), None
    )

    def check(*, is_whole: bool = True, **settings: object) -> HealthMetrics:
        assert verify_nightly(context, site.settings.model_copy(update=settings)) is is_whole
        with transaction(read_session_factory(engine)) as session:
            return get_health_metrics(session, ())

    yield check
    engine.dispose()


def raised_alarms(numbers: HealthMetrics, settings: Settings) -> set[AlarmKind]:
    return {alarm.kind for alarm in evaluate_alarms(numbers, settings.alarm_thresholds) if alarm.is_raised}


@pytest.mark.usefixtures("short_patience")
def test_the_nightly_check_raises_the_alarm_for_a_row_that_was_changed_in_a_read_database(
    site: ReaderSite, read_database: ReadDatabase, check_by_night: Callable[..., HealthMetrics], server: Server
) -> None:
    """One of two read databases, with the role of the read path; what is in order there raises nothing."""
    other = ReadDatabase(server, read_database.portal)
    try:
        assert other.migrate()
        both = {"other_reader_database_urls": (other.reader,)}
        whole = check_by_night(**both)
        assert whole.read_databases == {read_database.shown_name: "same", other.shown_name: "same"}
        assert AlarmKind.RECORD_FAULTY not in raised_alarms(whole, site.settings)

        other.run("UPDATE release.version SET number = 4711")
        faulty = check_by_night(is_whole=False, **both)
    finally:
        other.drop()

    assert faulty.read_databases == {read_database.shown_name: "same", other.shown_name: "different"}
    assert faulty.check_faults == 1
    assert AlarmKind.RECORD_FAULTY in raised_alarms(faulty, site.settings)
    with connect(read_database.portal.owner) as connection:
        last = connection.scalar(text("SELECT faults[1] FROM portal.verification ORDER BY began_at DESC LIMIT 1"))
    assert last == f"read path ({other.shown_name}): release.version [1] is not the same in the read path's database"


def test_a_read_database_that_the_nightly_check_cannot_compare_is_no_fault_until_it_lasts(
    site: ReaderSite, read_database: ReadDatabase, check_by_night: Callable[..., HealthMetrics]
) -> None:
    assert check_by_night().read_databases == {read_database.shown_name: "same"}

    read_database.run("REVOKE SELECT ON release.manifest FROM cwg_reader")
    with clock.shifted_clock(timedelta(hours=24)):
        once = check_by_night()
        assert once.read_databases == {read_database.shown_name: "unreadable"}
        assert once.comparison_ages[read_database.shown_name] == pytest.approx(24 * 3600, abs=120)
        kinds = raised_alarms(once, site.settings)
        assert not kinds & {AlarmKind.RECORD_FAULTY, AlarmKind.READ_DATABASE_UNCHECKED}
    with clock.shifted_clock(timedelta(hours=48)):
        assert AlarmKind.READ_DATABASE_UNCHECKED in raised_alarms(check_by_night(), site.settings)

        read_database.run("GRANT SELECT ON release.manifest TO cwg_reader")
        assert AlarmKind.READ_DATABASE_UNCHECKED not in raised_alarms(check_by_night(), site.settings)


def test_what_is_wrong_with_the_record_is_stored_whatever_a_read_database_answers(
    site: ReaderSite, read_database: ReadDatabase, check_by_night: Callable[..., HealthMetrics]
) -> None:
    """Texts in no encoding are bytes to the driver, which the library does not expect."""
    site.release(1)
    before = check_by_night(is_whole=False)
    assert before.read_databases == {read_database.shown_name: "same"}
    assert before.check_faults, "this release was entered by hand"
    read_database.run(f"ALTER DATABASE {read_database.name} SET client_encoding = 'SQL_ASCII'")

    found = check_by_night(is_whole=False)

    assert found.read_databases == {read_database.shown_name: "unreadable"}
    assert found.check_faults == before.check_faults
    assert AlarmKind.RECORD_FAULTY in raised_alarms(found, site.settings)


def test_an_odd_table_of_signs_of_life_is_no_error(
    site: ReaderSite, read_database: ReadDatabase, check_by_night: Callable[..., HealthMetrics]
) -> None:
    site.release(1)
    with sign_of_life(site):
        assert compare(read_database).outcome is ComparisonOutcome.SAME
        read_database.run(
            "ALTER SUBSCRIPTION cwg_release DISABLE; DELETE FROM release.manifest;"
            "ALTER TABLE release.heartbeat ALTER COLUMN at TYPE timestamp"
        )
        assert compare(read_database, patience=0.5).outcome is ComparisonOutcome.BEHIND
        read_database.run("ALTER TABLE release.heartbeat ALTER COLUMN at TYPE text USING 'soon'")
        assert compare(read_database, patience=0.5).cause == "InvalidDatetimeFormat"


def test_without_an_address_the_nightly_check_compares_nothing(check_by_night: Callable[..., HealthMetrics]) -> None:
    assert check_by_night(reader_database_url=None).read_databases == {}
