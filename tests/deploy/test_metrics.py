"""The published metrics: counted over all processes, and without who reads what."""

import asyncio
import json
import subprocess
import sys
import time
import tomllib
from io import BytesIO
from pathlib import Path
from platform import python_version

import httpx2
import pytest
from fastapi.testclient import TestClient
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from app import __version__
from app.core import clock
from app.core.clamav import ScanState, ScanVerdict
from app.core.db import create_database_engine
from app.core.files.ingest import FileRefused, find_check_verdict, ingest_file
from app.core.i18n import lazy_gettext as _
from app.core.inspection import Finding, FindingLevel, InspectionReport
from app.core.observability import event_loop
from app.core.observability.metrics import FileCheckVerdict, ProcessMetrics, serve_metrics
from app.core.storage import LocalStore
from app.dissemination.app import create_app as create_read_path
from app.dissemination.metrics import CatalogueMetrics
from app.domain.monitoring.rules.alarms import AlarmKind
from app.server.database_urls import PROJECT_ROOT
from app.settings import Settings
from tests.conftest import Database
from tests.deployed.pieces import count_appended
from tests.dissemination.read_path_site import ReaderSite, text_of
from tests.faults.installation import answers, environment
from tests.files import make_pdf
from tests.forked import ForkedProcess
from tests.http_server import free_port
from tests.waiting import kill_all, stop_process, wait_until
from tests.world import World

PATIENCE = 60  # seconds; two processes begin at once, on a machine that may be busy
Samples = dict[tuple[str, tuple[str, ...]], float]


def samples(text: str) -> Samples:
    """Each number by its name and the values of its labels."""
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found[sample.name, tuple(value for _, value in sorted(sample.labels.items()))] = sample.value
    return found


@pytest.mark.thorough
def test_requests_are_counted_over_all_processes_by_template(settings: Settings, world: World, tmp_path: Path) -> None:
    """Processes that are started, not forked: each finds the folder of all in its environment, and sets up its log."""
    url, port = f"http://127.0.0.1:{free_port()}", free_port()
    ours = environment(settings.model_copy(update={"portal_url": url, "demo": True}))
    command = [sys.executable, "-m", "app", "pages", "--workers", "2", "--port", url.rpartition(":")[2]]
    meeting = world.meeting()
    cookie = {"Cookie": f"cwg_portal={world.sign_in('amina')}"}
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            command,
            env=ours | {"CWG_METRICS": f"127.0.0.1:{port}", "CWG_REVISION": "a-revision"},
            cwd=PROJECT_ROOT,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        answers(url)
        for _ in range(30):  # each on a line of its own: either process answers
            assert httpx2.get(f"{url}/meetings/{meeting.id}", headers=cookie, timeout=PATIENCE).status_code == 200
        httpx2.get(f"{url}/meetings/{meeting.id}", timeout=PATIENCE)
        httpx2.get(f"{url}/there-is-nothing-here-canary", timeout=PATIENCE)
        texts = []

        def read_all_requests() -> bool:
            """The last request is counted a moment after its answer."""
            texts.append(httpx2.get(f"http://127.0.0.1:{port}/metrics", timeout=PATIENCE).text)
            return ("cwg_requests_total", ("unknown", "GET", "4xx")) in samples(texts[-1])

        wait_until(read_all_requests, "the last request is not counted")
        assert stop_process(process) == 0
    finally:
        kill_all(process)

    values = samples(texts[-1])
    assert values["cwg_requests_total", ("/meetings/{meeting}", "GET", "2xx")] == 30
    assert values["cwg_requests_total", ("/meetings/{meeting}", "GET", "4xx")] == 1
    assert values["cwg_request_seconds_count", ("/meetings/{meeting}", "GET")] == 31
    assert values["cwg_requests_total", ("unknown", "GET", "4xx")] == 1
    assert values["cwg_connections_used", ("reading",)] == 0
    assert values["cwg_connection_wait_seconds_count", ("reading",)] >= 30
    assert values["cwg_event_loop_lag_seconds_count", ()] > 0
    assert values["cwg_child_deaths_total", ()] == 0
    assert len([each for each in values if each[0] == "process_resident_memory_bytes"]) == 3
    assert [key for key in values if key[0] == "cwg_build_info"] == [
        ("cwg_build_info", (python_version(), "a-revision", __version__))
    ]
    lines = (tmp_path / "log").read_text()
    assert {json.loads(line)["level"] for line in lines.splitlines()} <= {"info"}
    for said in (texts[-1], lines):
        assert str(meeting.id) not in said
        assert "canary" not in said


def test_metrics_of_the_read_path_do_not_disclose_what_was_read_or_by_whom(settings: Settings, tmp_path: Path) -> None:
    """There are no totals by output, address or reader, not even rounded: no label distinguishes them."""
    place = ReaderSite(settings, tmp_path, create_read_path(settings))
    first, second = place.release(1), place.release(2)
    meters, reader = place.app.app.state.meters, place.browser("sector_member")
    another = place.browser(cookie=place.cookie("academia", "Ada Lovelace"))

    def counted_after(browser: TestClient, *paths: str) -> Samples:
        before = samples(generate_latest(meters.registry).decode())
        for path in paths:
            browser.get(path)
        after = samples(generate_latest(meters.registry).decode())
        return {
            each: value - before.get(each, 0)
            for each, value in after.items()
            if each[0] == "cwg_requests_total" and value != before.get(each, 0)
        }

    one = counted_after(reader, first, f"{first}/files/en", f"{first}/cite.bib", "/search?q=canary")
    other = counted_after(another, second, f"{second}/files/fr", f"{second}/cite.ris", "/search?q=else")

    assert one == other
    assert one["cwg_requests_total", ("file", "GET", "2xx")] == 1
    text = generate_latest(meters.registry).decode()
    for canary in ("canary", "OUT-", first, second, "/files", "academia", "sector_member", "Lovelace", 'kind="/'):
        assert canary not in text
    words = {word for family in meters.registry.collect() for sample in family.samples for word in sample.labels}
    assert words == {"kind", "method", "status", "le", "pool"}
    place.close()


def test_the_read_path_says_how_current_and_how_whole_its_catalogue_is(
    settings: Settings, tmp_path: Path, database: Database
) -> None:
    place, meters = ReaderSite(settings, tmp_path, create_read_path(settings)), ProcessMetrics()
    catalogue = CatalogueMetrics(meters.registry)

    def sampled() -> Samples:
        catalogue.sample(place.app.app.state.read_path)
        return samples(generate_latest(meters.registry).decode())

    before, began = sampled(), clock.now().timestamp()
    path = place.release(1)
    reader = place.browser("sector_member")
    assert reader.get(f"{path}/files/en").status_code == 200
    whole = sampled()
    damaged = next(place.store.root.rglob(place.store_bytes(text_of(1, "en"))))
    damaged.write_bytes(b"X" + text_of(1, "en")[1:])
    assert reader.get(f"{path}/files/en").status_code == 503
    database.run_as_superuser("UPDATE release.output SET meeting = 21")
    place.renew()
    after = sampled()

    assert before["cwg_catalogue_confirmed_timestamp_seconds", ()] == 0
    for name in ("confirmed", "read"):
        assert whole[f"cwg_catalogue_{name}_timestamp_seconds", ()] >= began - 60
    assert {value for (name, _), value in whole.items() if "faults" in name or "damaged" in name} == {0}
    assert (after["cwg_catalogue_damaged_files", ()], after["cwg_catalogue_faults", ("content-mismatch",)]) == (1, 1)
    place.close()


def test_a_sign_in_that_comes_to_nothing_is_counted_by_its_cause(settings: Settings, tmp_path: Path) -> None:
    place = ReaderSite(settings, tmp_path, create_read_path(settings))
    meters = place.app.app.state.meters

    for query in ("state=canary&code=canary", "state=canary&state=twice"):
        assert place.browser().get(f"/sign-in/callback?{query}").status_code == 303

    text = generate_latest(meters.registry).decode()
    assert samples(text)["cwg_sign_in_refusals_total", ("state",)] == 1
    assert samples(text)["cwg_sign_in_refusals_total", ("parameter-repeated",)] == 1
    assert "canary" not in text
    place.close()


def test_waits_for_connections_are_measured_and_vain_ones_counted(settings: Settings) -> None:
    engine, meters = (
        create_database_engine(settings.database_url or "", pool_size=1, pool_timeout=0.05),
        ProcessMetrics(),
    )
    meters.watch_pool("reading", engine)

    for _round in range(2):  # the second time with a new pool
        with engine.connect(), pytest.raises(PoolTimeout):
            engine.connect()
        engine.dispose()

    values = samples(generate_latest(meters.registry).decode())
    assert values["cwg_connection_timeouts_total", ("reading",)] == 2
    assert values["cwg_connection_wait_seconds_count", ("reading",)] == 4
    assert 0.1 <= values["cwg_connection_wait_seconds_sum", ("reading",)] < PATIENCE
    assert values["cwg_connections_used", ("reading",)] == 0


def test_connections_that_the_server_refuses_are_not_in_use(database: Database) -> None:
    engine, meters = create_database_engine(database.portal, pool_size=2), ProcessMetrics()
    meters.watch_pool("reading", engine)
    with engine.connect() as used_before:
        process = used_before.scalar(text("SELECT pg_backend_pid()"))
    database.run_as_superuser(f"ALTER DATABASE {database.name} CONNECTION LIMIT 0")
    database.run_as_superuser(f"SELECT pg_terminate_backend({process}, 5000)")

    for _request in range(3):  # with the connection that was lost, then without any
        with pytest.raises(OperationalError, match="too many connections"):
            engine.connect()
    refused = samples(generate_latest(meters.registry).decode())
    database.run_as_superuser(f"ALTER DATABASE {database.name} CONNECTION LIMIT -1")
    with engine.connect() as lost:
        lost.invalidate()  # as for an error that ended it
        used = samples(generate_latest(meters.registry).decode())
    engine.dispose()

    assert refused["cwg_connections_used", ("reading",)] == 0
    assert used["cwg_connections_used", ("reading",)] == 0


def test_a_late_event_loop_is_measured_and_a_sample_that_fails_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_loop, "SAMPLE_SECONDS", 0.01)
    meters, taken = ProcessMetrics(), []

    def fail() -> None:
        taken.append(1)
        raise ZeroDivisionError

    async def block_loop() -> None:
        async with event_loop.sample_event_loop(meters, fail):
            await asyncio.sleep(0.05)
            time.sleep(0.3)
            await asyncio.sleep(0.05)

    asyncio.run(block_loop())

    values = samples(generate_latest(meters.registry).decode())
    assert values["cwg_event_loop_lag_seconds_sum", ()] > 0.2
    assert len(taken) == values["cwg_event_loop_lag_seconds_count", ()] > 1


@pytest.mark.parametrize(
    ("levels", "scan", "verdict"),
    [
        ([], None, "accepted"),
        ([FindingLevel.NOTE], ScanState.CLEAN, "accepted"),
        ([FindingLevel.NOTE, FindingLevel.DECIDE], ScanState.CLEAN, "question"),
        ([FindingLevel.DECIDE], ScanState.WAITING, "not-scanned"),
        ([FindingLevel.DECIDE, FindingLevel.REFUSED], None, "refused"),
        ([], ScanState.INFECTED, "infected"),
    ],
)
def test_each_verdict_on_a_file_has_its_label(levels: list[FindingLevel], scan: ScanState | None, verdict: str) -> None:
    report = InspectionReport("application/pdf", tuple(Finding(level, _("what"), "", _("remedy")) for level in levels))

    assert find_check_verdict(report, ScanVerdict(scan) if scan else None) == verdict


def test_files_are_counted_by_verdict(tmp_path: Path) -> None:
    meters, store = ProcessMetrics(), LocalStore(str(tmp_path / "store"))
    meters.use_for_files()
    before = samples(generate_latest(meters.registry).decode())
    assert [before["cwg_file_checks_total", (verdict,)] for verdict in FileCheckVerdict] == [0] * len(FileCheckVerdict)

    ingest_file(store, BytesIO(make_pdf()), "good.pdf", 10**6)
    with pytest.raises(FileRefused):
        ingest_file(store, BytesIO(b"%PDF-1.7 canary"), "bad.pdf", 10**6)

    text = generate_latest(meters.registry).decode()
    assert samples(text)["cwg_file_checks_total", ("accepted",)] == 1
    assert samples(text)["cwg_file_checks_total", ("refused",)] == 1
    assert "canary" not in text


def test_the_tested_deployment_finds_the_pieces_of_a_file_in_the_metrics_of_a_portal() -> None:
    meters = ProcessMetrics()
    for method in ("PATCH", "GET", "PATCH"):
        meters.seconds.labels("/uploads/{upload}", method).observe(0.1)

    assert count_appended(generate_latest(meters.registry).decode()) == 2


def test_the_version_is_that_of_the_project() -> None:
    project = tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["version"] == __version__


def test_the_worker_publishes_metrics_and_alarms(settings: Settings, world: World, tmp_path: Path) -> None:
    port = free_port()
    ours = environment(settings.model_copy(update={"demo": True, "portal_url": "http://127.0.0.1:1"}))
    process = ForkedProcess(["work"], ours | {"CWG_METRICS": f"127.0.0.1:{port}"}, PROJECT_ROOT, tmp_path / "log")
    try:
        answers_at(f"http://127.0.0.1:{port}/metrics")
        values = samples(httpx2.get(f"http://127.0.0.1:{port}/metrics").text)
        assert stop_process(process) == 0, (tmp_path / "log").read_text()
    finally:
        kill_all(process)

    assert values["cwg_alarm", (AlarmKind.JOBS_FAILED.value, "")] == 0
    assert values["cwg_jobs_failed", ()] == 0
    assert len([name for name, _ in values if name == "process_open_fds"]) == 1
    assert [name for name, _ in values if name == "cwg_build_info"]
    assert ("cwg_alarm", (AlarmKind.SIGNATURES_OLD.value, "")) not in values  # no scanner, so nothing is said of one


def answers_at(url: str) -> None:
    def it_answers() -> bool:
        try:
            return bool(httpx2.get(url).content)
        except httpx2.HTTPError:
            return False

    wait_until(it_answers, f"nothing answers at {url}")


def test_an_invalid_address_is_refused() -> None:
    with pytest.raises(ValueError, match="CWG_METRICS"), serve_metrics("9100"):
        pass
