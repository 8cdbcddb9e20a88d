"""The event stream from a real server: prompt, without content, and closed when the right or the session ends."""

import http.client
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from sqlalchemy import text, update

from app.core import clock
from app.core.db import create_database_engine, transaction
from app.domain.bodies.models import Accreditation
from app.domain.floor import queries
from app.domain.floor.actions import session as floor
from app.domain.meetings.models import Meeting
from app.settings import Settings
from app.web.app import create_app
from app.web.floor import event_stream
from tests.forked import ForkedProcess
from tests.http_server import free_port, served
from tests.waiting import kill_all
from tests.world import World, key_environment, record_rows

ROOT = Path(__file__).parents[3]


class Stream:
    """One listener that reads event by event."""

    def __init__(self, origin: str, meeting: Meeting, secret: str) -> None:
        self._line = http.client.HTTPConnection(urlsplit(origin).netloc, timeout=60)
        path = f"/meetings/{meeting.id}/floor/events"
        self._line.request("GET", path, headers={"Cookie": f"cwg_portal={secret}"})
        self.answer = self._line.getresponse()

    def event(self) -> tuple[str, str] | None:
        """The next event with its data; None at the end of the stream."""
        fields: dict[str, str] = {}
        give_up = time.monotonic() + 60  # a stream may stay open without sending anything
        while line := self.answer.readline().decode():
            assert time.monotonic() < give_up
            name, _, value = line.strip().partition(":")
            if line == "\n" and fields.get("event"):
                return fields["event"], fields["data"]
            fields[name] = value.strip()
        return None

    def close(self) -> None:
        self._line.close()


@pytest.fixture
def meeting(world: World) -> Meeting:
    new_meeting = world.meeting()
    world.sitting(new_meeting)
    return new_meeting


@pytest.fixture
def origin() -> str:
    return f"http://127.0.0.1:{free_port()}"


@pytest.fixture
def listen(settings: Settings, world: World, meeting: Meeting, origin: str) -> Iterator[Callable[[str], Stream]]:
    opened: list[Stream] = []

    def begin(who: str) -> Stream:
        opened.append(Stream(origin, meeting, world.sign_in(who)))
        return opened[-1]

    app = create_app(settings.model_copy(update={"portal_url": origin}))
    with served(app, int(origin.rpartition(":")[2])):
        yield begin
        for each in opened:
            each.close()


def change_floor(world: World, meeting: Meeting) -> str:
    with transaction(world.read) as session:
        return str(queries.count_floor_changes(session, meeting.id))


def close_sitting(world: World, meeting: Meeting) -> None:
    with world.acting("laurent") as (session, actor):
        meeting_row = session.get_one(Meeting, meeting.id)
        now = queries.find_open_sitting(session, meeting_row)
        assert now
        floor.close_meeting_session(session, actor, meeting_row, version=now.version)


def test_a_listener_gets_changes_and_the_end_at_once(
    world: World, meeting: Meeting, listen: Callable[[str], Stream]
) -> None:
    stream = listen("amina")
    assert stream.answer.getheader("Content-Type", "").startswith("text/event-stream")
    assert stream.answer.getheader("X-Accel-Buffering") == "no"
    assert stream.event() == ("changed", change_floor(world, meeting))
    while (before := stream.event()) != (
        "changed",
        change_floor(world, meeting),
    ):  # once more, when the process starts to listen
        assert before is None

    world.asked_for_the_floor(meeting, "amina")
    began = time.monotonic()

    assert stream.event() == ("changed", change_floor(world, meeting))
    assert time.monotonic() - began < event_stream.KEEPALIVE_SECONDS / 2  # nothing but the notification wakes it
    close_sitting(world, meeting)
    assert stream.event() == ("ended", "")
    assert stream.event() is None
    assert listen("amina").answer.status == 204


def test_a_stream_ends_when_the_permission_ends(
    world: World, meeting: Meeting, listen: Callable[[str], Stream], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_stream, "RECHECK_SECONDS", 0.2)
    monkeypatch.setattr(event_stream, "KEEPALIVE_SECONDS", 0.1)
    ends, stays = listen("amina"), listen("rafael")
    for stream in (ends, stays):
        assert stream.event() == ("changed", change_floor(world, meeting))

    with transaction(world.write) as session:
        record_rows(session)
        her_seats = Accreditation.person_id == world.person("amina").id
        session.execute(
            update(Accreditation).where(her_seats).values(ended_at=clock.now(), until_on=clock.now().date())
        )

    give_up = time.monotonic() + 60
    while (event := ends.event()) and event[0] != "ended":
        assert time.monotonic() < give_up
    assert event == ("ended", "")
    assert stays.event() == ("changed", change_floor(world, meeting))
    assert listen("amina").answer.status == 404


def test_listeners_hold_no_connection_to_the_database(
    world: World, meeting: Meeting, listen: Callable[[str], Stream], database
) -> None:
    streams = [listen("amina") for _ in range(12)]  # three times the pool
    for stream in streams:
        assert stream.event() == ("changed", change_floor(world, meeting))

    query = text(
        "SELECT count(*) FILTER (WHERE application_name = 'cwg-bell'),"
        " count(*) FILTER (WHERE application_name = 'cwg-portal' AND state <> 'idle')"
        " FROM pg_stat_activity WHERE datname = current_database()"
    )
    probe = create_database_engine(database.superuser, pool_size=1)
    give_up = time.monotonic() + 60
    while time.monotonic() < give_up:  # each stream checks again when the process starts to listen
        with probe.connect() as connection:
            if (counts := tuple(connection.execute(query).one())) == (1, 0):
                break
        time.sleep(0.05)
    probe.dispose()
    assert counts == (1, 0)


@pytest.mark.parametrize("workers", [1, 2])
def test_streams_end_when_the_server_stops(
    settings: Settings, world: World, meeting: Meeting, origin: str, workers: int
) -> None:
    variables = {
        "CWG_DATABASE_URL": settings.database_url,
        "CWG_STORE_URL": settings.store_url,
        "CWG_RELEASE_STORE_URL": settings.release_store_url,
        "CWG_PORTAL_URL": origin,
        "CWG_OIDC_ISSUER": settings.oidc_issuer,
        "CWG_OIDC_CLIENT_ID": settings.oidc_client_id,
        "CWG_SESSION_SECRET": settings.session_secret.get_secret_value(),
        **key_environment("receipt_key"),
        "CWG_DEMO": "true",
        "PYTHONPATH": str(ROOT),
    }
    command = ["pages", "--port", origin.rpartition(":")[2], "--workers", str(workers)]
    environment = {"PATH": os.environ["PATH"]} | {name: str(value) for name, value in variables.items()}
    process = ForkedProcess(command, environment, ROOT, os.devnull)
    try:
        stream = open_stream(origin, meeting, world.sign_in("amina"))
        assert stream.event() == ("changed", change_floor(world, meeting))
        process.send_signal(signal.SIGTERM)
        began = time.monotonic()
        while stream.event():
            pass
        assert time.monotonic() - began < 8  # uvicorn's own timeout is longer
        stream.close()
        process.wait(60)
    finally:
        kill_all(process)


def open_stream(origin: str, meeting: Meeting, secret: str) -> Stream:
    """A stream, as soon as the server responds."""
    give_up = time.monotonic() + 120
    while True:
        try:
            return Stream(origin, meeting, secret)
        except OSError:
            if time.monotonic() > give_up:
                raise
            time.sleep(0.2)
