"""The state of the system: the secretariat sees reasons for alarm, and nothing that is not measured."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Engine, select
from starlette.types import ASGIApp

from app.core import clock
from app.core.clamav import VirusScanner
from app.core.database.schema_revision import PORTAL_HISTORY
from app.core.db import SIGNERS_KEY, to_libpq_address, transaction, write_session_factory
from app.core.files.partial_uploads import PartialUploadStore
from app.core.journal import JournalLine
from app.core.signing import Signer, SigningPurpose
from app.core.storage import open_store
from app.domain.contributions.actions import drafting
from app.domain.contributions.models import Contribution
from app.domain.ledger import actions as ledger
from app.domain.monitoring import actions, queries
from app.domain.monitoring.rules.alarms import Alarm, AlarmKind, HealthMetrics, evaluate_alarms
from app.domain.notifications.models import DeliveryStatus, EmailNotification
from app.domain.preservation import actions as preservation
from app.domain.preservation.models import ComparisonOutcome, FixityCheck
from app.settings import Settings
from app.worker.measurements import measure_installation, measure_worker
from app.worker.release import WorkerContext
from tests.browser import Browser
from tests.conftest import Database
from tests.domain.test_ledger import extend_and_sign
from tests.world import LEDGER_KEY, LEDGER_SIGNER, World, get_worker_engine

Open = Callable[..., Browser]
LIMITS = Settings().alarm_thresholds
OUTCOMES = ("every row matches", "had not received all data", "could not be read", "rows differ")
NOT_COMPARED = "No database of the public site of outputs was compared: no address is set for this check."
NEW_KEY = "YSBrZXkgdGhhdCBpcyBpbiB0ZXN0cyBvbmx5LCBuZXc="


def raised_alarms(numbers: HealthMetrics) -> set[AlarmKind]:
    return {alarm.kind for alarm in evaluate_alarms(numbers, LIMITS) if alarm.is_raised}


def current_metrics(world: World) -> HealthMetrics:
    with transaction(world.read) as session:
        return queries.get_health_metrics(session, ())


@pytest.mark.parametrize(
    ("numbers", "kinds"),
    [
        (HealthMetrics(worker_silent=20), set()),
        (HealthMetrics(worker_silent=301), {AlarmKind.WORKER_SILENT}),
        (HealthMetrics(oldest_due=901), {AlarmKind.QUEUE_STUCK}),
        (HealthMetrics(jobs_failed=1), {AlarmKind.JOBS_FAILED}),
        (HealthMetrics(disks={"store": 0.14, "release": 0.16}), {AlarmKind.DISK_LOW}),
        (HealthMetrics(scanner_answers=False), {AlarmKind.SCANNER_SILENT}),
        (HealthMetrics(scanner_answers=True, signatures_age=73 * 3600), {AlarmKind.SIGNATURES_OLD}),
        (HealthMetrics(file_service_answers=True, isolation={"network": True, "files": True}), set()),
        (HealthMetrics(file_service_answers=False), {AlarmKind.FILE_SERVICE_SILENT}),
        (HealthMetrics(isolation={"network": True, "files": False}), {AlarmKind.FILES_NOT_ISOLATED}),
        (HealthMetrics(oldest_uninspected=899), set()),
        (HealthMetrics(oldest_uninspected=901), {AlarmKind.FILES_WAITING}),
        (HealthMetrics(letters_waiting=3, letters_oldest=3599, letters_failed=0), set()),
        (HealthMetrics(letters_waiting=3, letters_oldest=3601), {AlarmKind.MAIL_WAITING}),
        (HealthMetrics(letters_failed=1), {AlarmKind.MAIL_FAILED}),
        (HealthMetrics(certificate_left=20 * 86400), {AlarmKind.CERTIFICATE_ENDS}),
        (HealthMetrics(certificate_left=-5), {AlarmKind.CERTIFICATE_ENDS}),
        (HealthMetrics(headless=301), {AlarmKind.HEAD_OLD}),
        (HealthMetrics(witnesses_behind={"w": 1801}), {AlarmKind.WITNESS_BEHIND}),
        (HealthMetrics(witnesses_refusing={"w": True, "v": False}), {AlarmKind.WITNESS_REFUSES}),
        (HealthMetrics(backup_age=35 * 3600, check_age=35 * 3600, check_faults=0), set()),
        (HealthMetrics(backup_age=37 * 3600), {AlarmKind.BACKUP_OLD}),
        (HealthMetrics(check_age=37 * 3600), {AlarmKind.RECORD_UNCHECKED}),
        (HealthMetrics(check_age=60, check_faults=1), {AlarmKind.RECORD_FAULTY}),
        (HealthMetrics(comparison_ages={"r": 35 * 3600}, read_databases={"r": "unreadable"}), set()),
        (HealthMetrics(comparison_ages={"r": 60, "s": 37 * 3600}), {AlarmKind.READ_DATABASE_UNCHECKED}),
        (HealthMetrics(files_damaged=1), {AlarmKind.FILES_DAMAGED}),
        (HealthMetrics(refused_often=1), {AlarmKind.REFUSED_OFTEN}),
        (HealthMetrics(key_age=729 * 86400), set()),
        (HealthMetrics(key_age=731 * 86400), {AlarmKind.KEY_OLD}),
    ],
)
def test_each_alarm_is_raised_only_by_its_own_metric(numbers: HealthMetrics, kinds: set[AlarmKind]) -> None:
    assert raised_alarms(numbers) == kinds


def test_an_unmeasured_metric_is_neither_alarming_nor_in_order() -> None:
    assert {alarm.kind for alarm in evaluate_alarms(HealthMetrics(), LIMITS)} == {
        *(AlarmKind.QUEUE_STUCK, AlarmKind.JOBS_FAILED, AlarmKind.HEAD_OLD, AlarmKind.FILES_DAMAGED),
        AlarmKind.REFUSED_OFTEN,
    }


def test_the_worker_measures_and_the_secretariat_reads_the_metrics(
    world: World, settings: Settings, browser: Open, database
) -> None:
    ines = browser("ines")
    assert "The background jobs have not reported any measurements yet." in ines.get("/house").text
    stores = open_store(settings.store_url), open_store(settings.release_store_url)
    context = WorkerContext(
        world.work, *stores, PartialUploadStore(settings.staging_folder), VirusScanner("127.0.0.1:9")
    )
    settings.staging_folder.mkdir(parents=True, exist_ok=True)

    for measure in (measure_installation, measure_worker):
        measure(context, settings.model_copy(update={"portal_url": "http://127.0.0.1:8000"}))

    numbers = current_metrics(world)
    assert set(numbers.disks) == {"store", "release", "uploads"}
    assert (numbers.scanner_answers, numbers.signatures_age, numbers.certificate_left) == (False, None, None)
    page = ines.get("/house").text
    assert "The virus scanner is responding" in page
    assert "not published until they have been checked" in page  # its meaning, shown where the alarm is raised
    assert "Nothing is released, scanned" not in page
    assert numbers.oldest_uninspected is not None
    assert numbers.oldest_uninspected < 60  # none waits
    with clock.shifted_clock(timedelta(minutes=6)):
        assert "Nothing is released, scanned" in ines.get("/house").text


def test_page_and_desk_say_plainly_that_there_is_no_alert_and_only_once_something_was_measured(
    world: World, engine: Engine, english: Open, database: Database
) -> None:
    extend_and_sign(engine)  # else the lines of the installation wait for a head
    ines = english("ines")

    def read_lead() -> str:
        return ines.get("/house").text.partition('<p class="standfirst">')[2].partition("</p>")[0]

    assert "alert" not in read_lead().lower()
    with transaction(world.work) as session:
        actions.replace_measurements(session, {"worker": 1.0})
    assert read_lead() == "No alerts. Background jobs waiting: 0."
    assert ">Alert<" not in ines.get("/house").text
    assert "System alerts" not in ines.get("/").text

    database.run_as_superuser(
        "INSERT INTO jobs.procrastinate_jobs (queue_name, task_name, status) VALUES ('default', 'one', 'failed')"
    )
    assert read_lead() == "Alerts: 1. Background jobs waiting: 0."
    assert "System alerts" in ines.get("/").text


def test_the_page_says_what_does_not_fit_in_the_installation(
    world: World, settings: Settings, browser: Open, database: Database
) -> None:
    *_, earlier, _newest = PORTAL_HISTORY.list_after(None)
    with psycopg.connect(to_libpq_address(database.owner)) as connection:
        connection.execute("UPDATE portal.alembic_version SET version_num = %s", (earlier,))

    page = browser("ines").get("/house").text
    assert f"schema: CWG_DATABASE_URL: the schema has {earlier}, and this version needs" in page
    assert "Send these lines to the system administrator." in page


def test_the_age_of_the_oldest_file_that_waits_is_measured(world: World, settings: Settings) -> None:
    """It is measured by the worker: no one else sees that a State's draft has a file that waits."""
    draft = world.draft(world.meeting())
    with world.acting("amina") as (session, actor):
        row, file = session.get_one(Contribution, draft.id), replace(world.file(), sha256="0" * 64)
        long_ago = clock.now() - timedelta(hours=1)
        drafting.put_contribution_file(
            session, actor, row, file, began_at=long_ago, received_at=long_ago, is_inspected=False
        )
    stores = open_store(settings.store_url), open_store(settings.release_store_url)
    measure_installation(
        WorkerContext(world.work, *stores, PartialUploadStore(settings.staging_folder), None), settings
    )

    assert 3600 <= (current_metrics(world).oldest_uninspected or 0) < 3700


def test_the_age_of_the_key_is_counted_from_the_first_head_signed_with_it(
    world: World, engine: Engine, settings: Settings
) -> None:
    stores = open_store(settings.store_url), open_store(settings.release_store_url)
    earlier, now = (
        Signer.from_secret(LEDGER_SIGNER.portal, key, (LEDGER_SIGNER.public_key.text,)) for key in (LEDGER_KEY, NEW_KEY)
    )

    def age(sign: Signer) -> float | None:
        write = write_session_factory(get_worker_engine(engine), {SIGNERS_KEY: {SigningPurpose.LEDGER: sign}})
        context = WorkerContext(write, *stores, PartialUploadStore(settings.staging_folder), None)
        measure_installation(context, settings)
        return current_metrics(world).key_age

    def signed(sign: Signer, number: int) -> None:
        world.meeting(number=number)
        signers = {SigningPurpose.LEDGER: sign}
        with transaction(write_session_factory(get_worker_engine(engine), {SIGNERS_KEY: signers})) as session:
            assert ledger.sign_head(session)

    assert age(earlier) is None
    with clock.shifted_clock(timedelta(days=-900)):
        signed(earlier, 30)
    with clock.shifted_clock(timedelta(days=-500)):
        signed(earlier, 31)
    assert age(earlier) == pytest.approx(900 * 86400, abs=120)
    assert AlarmKind.KEY_OLD in raised_alarms(current_metrics(world))

    assert age(now) is None
    signed(now, 32)
    assert age(now) == pytest.approx(0, abs=120)
    assert age(now) == pytest.approx(0, abs=120)
    assert AlarmKind.KEY_OLD not in raised_alarms(current_metrics(world))
    assert age(earlier) == pytest.approx(900 * 86400, abs=120)


def test_the_page_says_how_files_are_opened(portal: ASGIApp, settings: Settings, tmp_path: Path, english: Open) -> None:
    page = english("ines").get("/house").text
    for part, words in {"network": "The network", "files": "The files of the portal"}.items():
        (row,) = re.findall(rf">{words}</td>(.*?)</tr>", page, re.S)
        assert "In place" in row, part
    assert "Landlock" in row

    gone = settings.model_copy(update={"file_service": f"{tmp_path}/socket"})
    object.__setattr__(portal.app.state.portal, "settings", gone)
    assert "The service that opens files is not responding." in english("ines").get("/house").text


def test_only_the_secretariat_sees_the_page_and_its_dashboard_links_to_it(browser: Open) -> None:
    assert browser("ines").get("/house").status_code == 200
    assert 'href="/house"' in browser("ines").get("/").text
    for who in ("amina", "laurent", "chen"):
        assert browser(who).get("/house").status_code == 403
        assert 'href="/house"' not in browser(who).get("/").text
    assert browser().get("/house").status_code == 401


def test_waiting_jobs_and_failed_jobs_are_counted_separately(world: World, engine: Engine, database) -> None:
    extend_and_sign(engine)  # else the lines of the installation wait for a head
    database.run_as_superuser(
        "SET search_path TO jobs;"
        "INSERT INTO jobs.procrastinate_jobs (queue_name, task_name, status) VALUES ('default', 'one', 'todo');"
        "INSERT INTO jobs.procrastinate_jobs (queue_name, task_name, status, scheduled_at)"
        " VALUES ('default', 'two', 'todo', now() + interval '1 hour');"
        "INSERT INTO jobs.procrastinate_jobs (queue_name, task_name, status) VALUES ('default', 'three', 'failed');"
        "UPDATE jobs.procrastinate_events SET at = now() - interval '20 minutes'"
    )
    metrics = current_metrics(world)
    assert (metrics.jobs_due, metrics.jobs_failed) == (1, 1)
    assert 1190 < metrics.oldest_due < 1300
    assert raised_alarms(metrics) == {AlarmKind.QUEUE_STUCK, AlarmKind.JOBS_FAILED}


def test_backups_checks_and_damaged_files_are_measured_from_the_records(world: World, browser: Open, database) -> None:
    world.meeting()
    ines = browser("ines")
    with clock.shifted_clock(timedelta(hours=37)):
        assert raised_alarms(current_metrics(world)) >= {
            AlarmKind.BACKUP_OLD,
            AlarmKind.RECORD_UNCHECKED,
        }  # no check and no backup has run yet
    database.run_as_superuser("INSERT INTO portal.backup VALUES ('one', now(), now(), 1, 0, 0, false)")
    with transaction(world.work) as session:
        moment = clock.now()
        counts = {"lines": 1, "files": 0, "released": 0, "numbers": 0}
        preservation.record_verification(session, moment, ["a line is missing"], **counts)
        session.add(FixityCheck(shelf="kept", sha256="0" * 64, size=1, checked_at=moment, fault="damaged"))

    numbers = current_metrics(world)

    assert numbers.backup_age is not None
    assert numbers.backup_age < 60
    assert (numbers.check_faults, numbers.files_damaged) == (1, 1)
    assert raised_alarms(numbers) >= {AlarmKind.RECORD_FAULTY, AlarmKind.FILES_DAMAGED}
    assert not raised_alarms(numbers) & {AlarmKind.BACKUP_OLD, AlarmKind.RECORD_UNCHECKED}
    page = ines.get("/house").text
    assert "Something is missing or has been changed." in page
    assert "would be lost if the server failed" not in page


def test_the_page_says_what_the_last_check_found_in_each_read_database(world: World, browser: Open) -> None:
    counts = {"lines": 1, "files": 0, "released": 0, "numbers": 0}

    def show(*results: tuple[str, ComparisonOutcome, int]) -> str:
        with transaction(world.work) as session:
            preservation.record_verification(session, clock.now(), [], **counts, read_databases=results)
        return browser("ines").get("/house").text

    heading = "Databases of the public site of outputs at the last check"
    assert heading not in browser("ines").get("/house").text, "nothing was checked yet"

    page = show(
        ("db.example/r1", ComparisonOutcome.SAME, 0),
        ("db.example/r2", ComparisonOutcome.BEHIND, 0),
        ("db.example/r3", ComparisonOutcome.UNREADABLE, 0),
        ("db.example/r4", ComparisonOutcome.DIFFERENT, 2),
    )
    lines = page.partition(heading)[2].partition("</ul>")[0].split("<li>")[1:]
    for line, name, words in zip(lines, ("r1", "r2", "r3", "r4"), OUTCOMES, strict=True):
        assert f"db.example/{name}<" in line
        assert words in line
    assert NOT_COMPARED not in page

    page = show()
    assert NOT_COMPARED in page.partition(heading)[2]
    assert "db.example" not in page

    show(("db.example/r1", ComparisonOutcome.SAME, 0))
    with transaction(world.work) as session:
        of_before = preservation.record_verification(session, clock.now(), [], **counts)
        of_before.read_databases = None  # as an earlier version stored it
    assert heading not in browser("ines").get("/house").text


def test_notifications_are_monitored_where_the_worker_sends_any_and_counted_without_recipients(
    world: World, browser: Open
) -> None:
    world.meeting()
    moment, ago = clock.now(), timedelta(hours=2)
    with transaction(world.write) as session:
        line = session.scalars(select(JournalLine.seq).order_by(JournalLine.seq)).first()
        for key, fate in (
            ("amina", DeliveryStatus.WAITING),
            ("rafael", DeliveryStatus.REFUSED),
            ("haruka", DeliveryStatus.SENT),
        ):
            ended = None if fate is DeliveryStatus.WAITING else moment
            known_as = {"line": line, "kind": "deadline", "person_id": world.person(key).id}
            session.add(
                EmailNotification(**known_as, written_at=moment - ago, due_at=moment, fate=fate, ended_at=ended)
            )
    assert (current_metrics(world).letters_waiting, current_metrics(world).letters_failed) == (None, None)

    with transaction(world.work) as session:
        actions.replace_measurements(session, {"worker": 1.0, "sends_letters": 1.0})

    numbers = current_metrics(world)
    assert (numbers.letters_waiting, numbers.letters_failed) == (1, 1)
    assert numbers.letters_oldest == pytest.approx(ago.total_seconds(), abs=120)
    assert raised_alarms(numbers) >= {AlarmKind.MAIL_WAITING, AlarmKind.MAIL_FAILED}
    page = browser("ines").get("/house").text
    assert "Waiting time of the oldest e-mail" in page
    assert "@example.org" not in page.partition("<main")[2].partition("</main>")[0]


def test_a_metric_that_is_no_longer_measured_is_dropped(world: World) -> None:
    with transaction(world.work) as session:
        actions.replace_measurements(session, {"worker": 1.0, "scanner_answers": 0.0})
    assert current_metrics(world).scanner_answers is False
    with transaction(world.work) as session:
        actions.replace_measurements(session, {"worker": 1.0})
    assert current_metrics(world).scanner_answers is None


def test_workers_do_not_replace_what_others_measured_of_themselves(world: World) -> None:
    def measure(whose: str, **values: float) -> None:
        with transaction(world.work) as session:
            named = {name.replace("_", ":"): value for name, value in values.items()}
            actions.replace_measurements(session, named, whose)

    measure("one", disk_store=0.1, disk_release=0.9)
    measure("", worker=1.0)
    measure("two", disk_store=0.8, isolation_files=0.0)
    assert current_metrics(world).disks == {"store": 0.1, "release": 0.9}
    measure("one", disk_store=0.7, isolation_files=1.0)
    assert current_metrics(world).disks == {"store": 0.7}
    assert current_metrics(world).isolation == {"files": False}
    assert current_metrics(world).worker_silent is not None

    with clock.shifted_clock(queries.LEFT_OVER_AGE + timedelta(seconds=1)):
        measure("one", disk_store=0.9)
        assert current_metrics(world).disks == {"store": 0.9}  # the other one is gone
        assert current_metrics(world).worker_silent is not None


def test_a_key_is_accepted_if_all_workers_accept_it(world: World) -> None:
    for worker, keys in (("one", ("a", "b")), ("two", ("b", "c"))):
        with transaction(world.work) as session:
            noted = {f"{queries.ACCEPTED_KEY_PREFIX}ledger:{key}": float(place) for place, key in enumerate(keys)}
            actions.replace_measurements(session, noted, worker)

    with transaction(world.read) as session:
        assert queries.list_accepted_key_ids(session, SigningPurpose.LEDGER) == ["b"]


def test_raised_alarms_are_listed_first() -> None:
    raised = evaluate_alarms(HealthMetrics(disks={"store": 0.5, "release": 0.01}), LIMITS)
    assert isinstance(raised[0], Alarm)
    assert (raised[0].kind, raised[0].place) == (AlarmKind.DISK_LOW, "release")
