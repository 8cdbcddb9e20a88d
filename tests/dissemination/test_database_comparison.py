"""The comparison of the read path's database with the portal's: in `verify`, and each night."""

import time
from argparse import Namespace
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from threading import Event

import pytest
from sqlalchemy import Engine, text

from app import read_database_verification
from app.cli.operations import run_verification
from app.core import clock
from app.core.db import create_database_engine, read_session_factory, transaction, write_session_factory
from app.core.files.partial_uploads import PartialUploadStore
from app.core.storage import open_store
from app.domain.monitoring.queries import get_health_metrics
from app.domain.monitoring.rules.alarms import AlarmKind, HealthMetrics, evaluate_alarms
from app.domain.preservation.models import ComparisonOutcome
from app.domain.releases.actions.heartbeat import record_heartbeat
from app.read_database_verification import ReadDatabaseComparison, compare_read_database
from app.settings import Settings
from app.worker.nightly_verification import verify_nightly
from app.worker.release import WorkerContext
from tests.conftest import Server
from tests.dissemination.read_path_site import ReaderSite
from tests.dissemination.replicated_site import ReadDatabase, connect
from tests.dissemination.test_catalogue import eventually


def compare(read_database: ReadDatabase, patience: float = 60.0) -> ReadDatabaseComparison:
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
        deleted = compare(read_database, patience=5.0)
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

        done = others.submit(compare, read_database, patience=12.0)
        time.sleep(4)
        read_database.run("ALTER SUBSCRIPTION cwg_release DISABLE")
        site.release(2)
        time.sleep(12)
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
        done = others.submit(compare, read_database, patience=8.0)
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
