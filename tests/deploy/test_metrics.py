"""The published metrics: counted over all processes, and without who reads what."""

import json
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest
from fastapi.testclient import TestClient
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from app.core.observability.metrics import serve_metrics
from app.dissemination.app import create_app as create_read_path
from app.domain.monitoring.rules.alarms import AlarmKind
from app.server.database_urls import PROJECT_ROOT
from app.settings import Settings
from tests.dissemination.read_path_site import ReaderSite
from tests.faults.installation import answers, environment
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
            env=ours | {"CWG_METRICS": f"127.0.0.1:{port}"},
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
            return ("cwg_requests_total", ("unknown", "4xx")) in samples(texts[-1])

        wait_until(read_all_requests, "the last request is not counted")
        assert stop_process(process) == 0
    finally:
        kill_all(process)

    values = samples(texts[-1])
    assert values["cwg_requests_total", ("/meetings/{meeting}", "2xx")] == 30
    assert values["cwg_requests_total", ("/meetings/{meeting}", "4xx")] == 1
    assert values["cwg_request_seconds_count", ("/meetings/{meeting}",)] == 31
    assert values["cwg_requests_total", ("unknown", "4xx")] == 1
    assert values["cwg_connections_used", ("reading",)] == 0
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
    assert one["cwg_requests_total", ("file", "2xx")] == 1
    text = generate_latest(meters.registry).decode()
    for canary in ("canary", "OUT-", first, second, "/files", "academia", "sector_member", "Lovelace", 'kind="/'):
        assert canary not in text
    words = {word for family in meters.registry.collect() for sample in family.samples for word in sample.labels}
    assert words == {"kind", "status", "le", "pool"}
    place.close()


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
