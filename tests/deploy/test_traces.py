"""The traces that portal and worker export: templates, jobs, kinds of statements; and no content."""

import re
import signal
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from secrets import token_hex
from time import monotonic, sleep
from uuid import uuid4

import httpx2
import pytest
from fastapi import Depends
from sqlalchemy import text

from app.core.observability.tracing import current_trace_context, start_tracing, statement_kind
from app.http.portal_state import Portal
from app.http.route_guards import AllowAnyone
from app.settings import Settings
from app.web.app import build_fastapi_app, wrap_in_security_headers
from tests.faults.delegation import Delegation
from tests.faults.installation import Installation, answers
from tests.faults.test_reading import reader, release_output
from tests.http_server import free_port, served
from tests.otlp_collector import Collector, ExportedSpan, run_collector
from tests.world import World


@pytest.fixture
def collector() -> Iterator[Collector]:
    with run_collector() as made:
        yield made


@pytest.fixture
def installation(settings: Settings, world: World, tmp_path: Path, collector: Collector) -> Iterator[Installation]:
    """Portal and worker as processes, configured with a collector, where FastAPI would also export everything."""
    urls = {name: f"http://127.0.0.1:{free_port()}" for name in ("portal_url", "read_url")}
    tracing = {
        "CWG_TRACES": collector.address,
        "FASTAPI_OTEL_AUTO_CONFIGURE": "true",
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.address,
        "OTEL_BSP_SCHEDULE_DELAY": "200",
    }
    made = Installation(tmp_path, settings.model_copy(update=urls | {"demo": True}), world, extra_environment=tracing)
    try:
        made.begin("portal", "pages", "--port", made.settings.portal_url.rpartition(":")[2])
        made.begin("worker", "work")
        answers(made.settings.portal_url)
        yield made
    finally:
        made.end()


def eventually(collector: Collector, name: str) -> ExportedSpan:
    """Wait for the first span of that name."""
    until = monotonic() + 60
    while True:
        if found := [span for span in collector.spans() if span.name == name]:
            return found[0]
        assert monotonic() < until, f"{name!r} was never told; told were {sorted({s.name for s in collector.spans()})}"
        sleep(0.1)


def test_portal_and_worker_export_no_content(installation: Installation, collector: Collector) -> None:
    title, words, typed, sent = (f"canary{token_hex(8)}" for _ in range(4))
    trace, meeting = token_hex(16), installation.world.meeting()
    _, document = installation.world.registered(meeting, title=f"Registered {title}")
    symbol = str(document.symbol)
    amina = Delegation.of(installation, meeting, installation.folder / "told")
    name = installation.world.person("amina").name
    strange = {
        "traceparent": f"00-{trace}-{token_hex(8)}-01",
        "tracestate": f"them={sent}",
        "baggage": f"told={sent}",
        "User-Agent": sent,
        "Cookie": f"cwg_portal={amina.cookie}; cwg_lang=en; other={sent}",
    }

    amina.hand_in(title)
    for path, shown in (
        ("/contributions", title),
        (f"/meetings/{meeting.id}/documents", f"Registered {title}"),
        ("/account", name),
        (f"/search?q={words}", words),
    ):
        assert shown in httpx2.get(installation.settings.portal_url + path, headers=strange).text
    cover = {"key": str(uuid4()), "title": typed, "original": "en", "purpose": "discussion", "abstract": "", "item": ""}
    file = {"file": ("paper.docx", b"nothing of the kind", "application/octet-stream")}
    refused = amina.send("POST", f"/meetings/{meeting.id}/contributions", cover, files=file)
    assert (refused.status_code, typed in refused.text) == (400, True)
    key = re.search(r"/calendars/([^.]+)\.ics", amina.send("POST", "/account/calendar").text)[1]
    assert "BEGIN:VCALENDAR" in httpx2.get(f"{installation.settings.portal_url}/calendars/{key}.ics").text
    assert httpx2.get(f"{installation.settings.portal_url}/{typed}?{words}").status_code == 404

    spans = {each: eventually(collector, each) for each in EXPECTED_SPANS}
    end_all(installation)
    hidden = [title, words, typed, sent, key, symbol, name, name.split()[0], "KEN", "Kenya", str(meeting.id), trace]
    values = [each.encode() for each in (*hidden, amina.cookie, amina.token)] + [bytes.fromhex(trace)]
    assert [each for each in values if each in collector.everything] == []
    assert {path for path, _ in collector.sent} == {"/v1/traces"}
    for span in collector.spans():
        assert_is_bare(span)
    assert spans["GET /search"].attributes["http.response.status_code"] == 200
    assert spans["POST /meetings/{meeting}/contributions"].attributes["http.response.status_code"] in (303, 400)
    assert spans["GET unknown"].attributes["http.response.status_code"] == 404


EXPECTED_SPANS = (
    "GET /search",
    "GET /contributions",
    "GET /calendars/{secret}.ics",
    "GET unknown",
    "POST /account/calendar",
    "POST /meetings/{meeting}/contributions",
    "job render",
    "SELECT",
    "INSERT",
)


def assert_is_bare(span: ExportedSpan) -> None:
    """Check that it has the permitted attributes only."""
    assert span.service in ("cwg-portal", "cwg-worker")
    assert not span.has_more
    words = span.name.split(" ")
    if words[0] == "job":
        assert span.attributes == {"cwg.task": words[1]}
    elif len(words) == 1:
        assert span.attributes == {"db.system.name": "postgresql", "db.operation.name": span.name}
    else:
        said = dict(span.attributes)
        assert 200 <= int(said.pop("http.response.status_code")) < 600
        assert said == {"http.request.method": words[0], "http.route": words[1]}


def end_all(installation: Installation) -> None:
    """Stop all processes; each sends what it still holds."""
    for process in installation.running.values():
        process.send_signal(signal.SIGTERM)
    for process in installation.running.values():
        assert process.wait(60) == 0


def test_the_parent_of_a_job_is_its_request_and_of_a_statement_its_request_or_job(
    installation: Installation, collector: Collector
) -> None:
    meeting = installation.world.meeting()

    Delegation.of(installation, meeting, installation.folder / "told").hand_in("A paper")

    job = eventually(collector, "job render")
    end_all(installation)
    spans = {span.number: span for span in collector.spans()}
    queued = spans[job.parent]
    assert (queued.name, queued.service) == ("POST /meetings/{meeting}/contributions", "cwg-portal")
    assert queued.trace == job.trace
    assert queued.parent == ""
    made_by = {spans[span.parent].name.split(" ")[0] for span in spans.values() if span.name == "SELECT"}
    assert made_by == {"GET", "POST", "job"}


@pytest.mark.thorough
def test_the_read_path_sends_nothing_and_does_not_load_the_exporter(
    installation: Installation, collector: Collector
) -> None:
    installation.begin("reading", "read", "--port", installation.settings.read_url.rpartition(":")[2], forks=False)
    answers(installation.settings.read_url)
    get = reader(installation)
    released = release_output(installation, installation.world.meeting(opens_in=-3), "A text")
    until = monotonic() + 60
    while get(released).status_code != 200:
        assert monotonic() < until
        sleep(0.2)
    assert httpx2.get(f"{installation.settings.portal_url}/help").status_code == 200
    eventually(collector, "GET /help")
    loaded = {each: Path(f"/proc/{installation.running[each].pid}/maps").read_text() for each in ("portal", "reading")}

    end_all(installation)

    assert "/google/_upb/" in loaded["portal"]  # the library that encodes exported spans
    assert "/google/_upb/" not in loaded["reading"]
    assert {span.service for span in collector.spans()} <= {"cwg-portal", "cwg-worker"}
    assert [span.name for span in collector.spans() if "outputs" in span.name] == []
    assert {path for path, _ in collector.sent} == {"/v1/traces"}


def test_the_texts_of_exceptions_and_statements_are_not_exported(
    settings: Settings, world: World, collector: Collector
) -> None:
    traced = settings.model_copy(
        update={"portal_url": f"http://127.0.0.1:{free_port()}", "traces": collector.address, "demo": True}
    )
    app, canary = build_fastapi_app(traced), f"canary{token_hex(8)}"

    @app.get("/raises", dependencies=[Depends(AllowAnyone())])
    def raises() -> None:
        raise RuntimeError(canary)

    @app.get("/asks", dependencies=[Depends(AllowAnyone())])
    def asks(portal: Portal) -> None:
        with portal.read_sessions() as session:
            session.execute(text("SELECT nothing, :value AS value /* hint */"), {"value": canary})

    with served(wrap_in_security_headers(app, traced), int(traced.portal_url.rpartition(":")[2])):
        for path in ("/raises", "/asks"):
            assert httpx2.get(traced.portal_url + path).status_code == 500

    raised, asked, statement = (eventually(collector, each) for each in ("GET /raises", "GET /asks", "SELECT"))
    assert (raised.failed, asked.failed, statement.failed) == (True, True, True)
    assert statement.parent == asked.number
    assert canary.encode() not in collector.everything
    for span in collector.spans():
        assert_is_bare(span)


def test_a_failed_job_has_a_failed_span(collector: Collector) -> None:
    canary = f"canary{token_hex(8)}"

    with closing(start_tracing(collector.address, "cwg-worker")) as ours:
        with ours.trace_request("POST") as answered:
            queued = current_trace_context()
            answered("/there/{it}/is", 303)
        with pytest.raises(RuntimeError), ours.trace_job("render", {"file": canary, **queued}):
            raise RuntimeError(canary)

    request, job = eventually(collector, "POST /there/{it}/is"), eventually(collector, "job render")
    assert (request.failed, job.failed, job.parent) == (False, True, request.number)
    assert canary.encode() not in collector.everything


@pytest.mark.parametrize("away", ["refuses", "is not there"])
def test_a_collector_that_is_away_delays_no_request(
    settings: Settings, world: World, collector: Collector, away: str
) -> None:
    collector.status = 503
    address = collector.address if away == "refuses" else f"http://127.0.0.1:{free_port()}"
    traced = settings.model_copy(
        update={"portal_url": f"http://127.0.0.1:{free_port()}", "traces": address, "demo": True}
    )

    began = monotonic()
    with served(wrap_in_security_headers(build_fastapi_app(traced), traced), int(traced.portal_url.rpartition(":")[2])):
        assert httpx2.get(f"{traced.portal_url}/healthz").status_code == 200
        assert httpx2.get(f"{traced.portal_url}/help").status_code == 200

    assert monotonic() - began < 60


def test_an_error_without_the_extra_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "app.core.observability.otlp", raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)

    with pytest.raises(ValueError, match="extra `otel`"):
        start_tracing("http://127.0.0.1:4318", "cwg-portal")


def test_without_a_collector_there_is_no_context_and_statement_kinds_are_few() -> None:
    with start_tracing("", "cwg-portal").trace_request("GET"):
        assert current_trace_context() == {}

    assert [statement_kind(each) for each in ("SELECT 1", "  insert\ninto x", "WITH a AS (b)")] == [
        "SELECT",
        "INSERT",
        "WITH",
    ]
    assert [statement_kind(each) for each in ("canary", "/* canary */ SELECT", "SET x = 'canary'", "")] == [
        "_OTHER"
    ] * 4
