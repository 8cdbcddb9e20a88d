"""The read path while the rest of the installation is killed, and what its processes hold: only what was released."""

import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.cookies import SimpleCookie
from pathlib import Path
from secrets import token_hex
from time import monotonic, sleep

import httpx2
import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError, ProgrammingError
from starlette.responses import Response

from app.core.db import create_database_engine
from app.core.errors import Unavailable
from app.core.storage import open_store
from app.dissemination.app import create_inner_app
from app.dissemination.reader_sessions import start_reader_session
from app.domain.meetings.models import Meeting
from app.domain.reports.models import ReportStage
from app.settings import Settings
from tests.faults.installation import Installation, Postmaster, answers, find_in_memory, run_installation
from tests.http_server import free_port
from tests.world import World, claims

WORKERS = 2


@pytest.fixture
def installation(settings: Settings, world: World, tmp_path: Path) -> Iterator[Installation]:
    """An installation on the database of the test; none of its processes runs yet."""
    made = Installation(tmp_path, settings.model_copy(update={"read_url": f"http://127.0.0.1:{free_port()}"}), world)
    try:
        yield made
    finally:
        made.end()


@pytest.fixture
def killable(settings: Settings, tmp_path: Path) -> Iterator[Installation]:
    """An installation with a database server of its own, a portal, and a read path of two processes."""
    with run_installation(tmp_path, settings) as made:
        made.begin("portal", "pages", "--port", made.settings.portal_url.rpartition(":")[2])
        begin_reading(made)
        answers(made.settings.portal_url)
        yield made


def begin_reading(installation: Installation, *, forks: bool = True) -> None:
    """Start a read path of two processes."""
    port = installation.settings.read_url.rpartition(":")[2]
    installation.begin("reading", "read", "--port", port, "--workers", str(WORKERS), forks=forks)
    answers(installation.settings.read_url)


def reader(installation: Installation) -> Callable[[str], httpx2.Response]:
    """A reader of a Sector Member, with a new connection for each page: either process answers."""
    app, answer = create_inner_app(installation.settings), Response()
    start_reader_session(app.state.read_path, answer, claims("chen"))
    app.state.read_path.engine.dispose()
    cookie = SimpleCookie(answer.headers["set-cookie"])["cwg_read"].value
    return lambda path: httpx2.get(installation.settings.read_url + path, headers={"Cookie": f"cwg_read={cookie}"})


def eventually(holds: Callable[[], bool], within: float = 60.0) -> None:
    until = monotonic() + within
    while not holds():
        assert monotonic() < until, "it never came to hold"
        sleep(0.1)


def release_output(installation: Installation, meeting: Meeting, title: str) -> str:
    """Release an output, as the worker does; return its address on the read path."""
    output = installation.world.released(meeting, open_store(installation.settings.release_store_url), title=title)
    return "/outputs/" + str(output.symbol).replace(" ", "-").replace("/", "-")


def test_the_read_path_continues_while_portal_and_database_are_killed_and_shows_later_releases(
    killable: Installation,
) -> None:
    """Without the database it is not known whose session has ended: after five seconds every reader is a visitor."""
    get, meeting = reader(killable), killable.world.meeting(opens_in=-3)
    first = release_output(killable, meeting, "The first text")
    surfaces = ["/", "/outputs", "/outputs.json", "/help", "/feeds", "/feeds/en.atom"]
    eventually(lambda: all(get(first).status_code == 200 for _ in range(8)))
    server = Postmaster(killable.settings)

    killable.kill("portal")
    server.kill()
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(killable.settings.portal_url)
    with pytest.raises(OperationalError), killable.world.read() as session:
        session.execute(text("SELECT 1"))
    eventually(lambda: all(get(first).status_code == 401 for _ in range(8)), within=20)
    for path in surfaces * 4:
        assert get(path).status_code == 200, path
    assert get(f"{first}/files/en").status_code == 401

    server.start()
    try:
        second = ""

        def release_again() -> bool:
            nonlocal second
            with suppress(OperationalError, Unavailable):
                second = release_output(killable, meeting, "The second text")
            return bool(second)

        eventually(release_again)
        eventually(lambda: all(get(second).status_code == 200 for _ in range(8)))
        assert "The second text" in get("/outputs").text
    finally:
        killable.kill("reading")
        server.stop()


@pytest.mark.thorough
def test_processes_store_role_and_logs_of_the_read_path_contain_nothing_unreleased(installation: Installation) -> None:
    begin_reading(installation, forks=False)
    known, hidden = (f"canary-{token_hex(12)}" for _ in range(2))
    get, world = reader(installation), installation.world
    first = release_output(installation, world.meeting(number=21, opens_in=-5), known)
    words = with_canaries(world, hidden)
    eventually(lambda: all(known in get(first).text for _ in range(8)))
    for path in ("/", "/outputs", "/outputs.json", f"{first}/files/en", "/outputs.zip", "/feeds", "/outputs/x"):
        get(path)

    there = selected(installation.settings.owner_database_url)
    assert [each for each in words if each.encode() not in there] == []
    held = find_in_memory(processes(installation, "reading"), *encodings(known), *encodings(hidden))
    assert known.encode() in held
    assert held.isdisjoint(encodings(hidden))
    readable = selected(installation.settings.reader_database_url)
    assert known.encode() in readable
    assert hidden.encode() not in readable
    files = [path for path in (installation.folder / "release").rglob("*") if path.is_file()]
    assert {path.name for path in files} == released_digests(installation)
    installation.running["reading"].send_signal(signal.SIGTERM)
    installation.running["reading"].wait(30)
    assert known.encode() not in installation.logs["reading"]
    assert hidden.encode() not in installation.logs["reading"]


def with_canaries(world: World, hidden: str) -> list[str]:
    """The canary in a draft, in what was handed in and registered, on agendas and in a report, in texts of every stage,
    in what States say of them, and in a text whose release is set for an hour from now; each with a number."""
    words: list[str] = []

    def word() -> str:
        words.append(f"{hidden}-{len(words)}")
        return words[-1]

    coming, over = world.meeting(number=23), world.meeting(number=22, opens_in=-3)
    world.draft(coming, title=word())
    world.submitted(coming, title=word())
    world.registered(coming, title=word())
    world.item(coming, word())
    world.agenda_released(coming, note=word())
    world.proposed(coming, title=word())
    world.reported(over, ReportStage.DRAFT, text=word())
    world.output(over, title=word())
    version = world.circulated(world.output(over, title=word()), word())
    world.answered(world.comment(version, text=word()), text=word())
    world.position(world.silence(world.output(over, title=word())), "amina", "breaks", text=word())
    world.statement(world.adopted(over, title=word()), "rafael", text=word())
    world.approved(over, title=word())
    world.scheduled(over, title=word(), seconds=3600)
    return words


def encodings(word: str) -> set[bytes]:
    """As it may be in memory: as UTF-8, and as Python keeps a text in which there are other scripts."""
    return {word.encode(coding) for coding in ("utf-8", "utf-16-le", "utf-32-le")}


def processes(installation: Installation, name: str) -> list[int]:
    """All processes of that part of the installation."""
    group = installation.running[name].pid
    stats = [(stat.parent.name, stat.read_text()) for stat in Path("/proc").glob("[0-9]*/stat")]
    found = [int(number) for number, line in stats if line.rpartition(")")[2].split()[2] == str(group)]
    assert len(found) > WORKERS
    return found


def selected(address: str | None) -> bytes:
    """Every row of every table and view that this role may select from, those of the system included."""
    engine, rows = create_database_engine(str(address), pool_size=1), []
    name = "quote_ident(nspname) || '.' || quote_ident(relname)"
    with engine.connect() as connection:
        connection.execute(text("SELECT set_config('cwg.entity', 'KEN', false)"))
        tables = connection.execute(
            text(
                f"SELECT {name} FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace"
                f" WHERE relkind IN ('r', 'p', 'v', 'm') AND has_schema_privilege(nspname, 'USAGE')"
                f" AND has_table_privilege({name}, 'SELECT')"
            )
        ).scalars()
        for table in tables.all():
            with suppress(ProgrammingError, OperationalError), connection.begin_nested():  # a view of what it may not
                rows += [str(tuple(row)) for row in connection.exec_driver_sql(f"SELECT * FROM {table}")]
    engine.dispose()
    return "\n".join(rows).encode()


def released_digests(installation: Installation) -> set[str]:
    with installation.world.read() as session:
        return set(session.execute(text("SELECT sha256 FROM release.file")).scalars())


def test_a_copy_follows_what_is_released(installation: Installation) -> None:
    folder, meeting = installation.folder / "copied", installation.world.meeting(opens_in=-3)
    first = release_output(installation, meeting, "The first text").rpartition("/")[2]
    installation.begin("copy", "copy", str(folder), "--follow")
    eventually(lambda: first in (folder / "copy.json").read_text() if (folder / "copy.json").exists() else False)

    second = release_output(installation, meeting, "The second text").rpartition("/")[2]

    eventually(lambda: second in (folder / "copy.json").read_text())
    assert "The second text" in (folder / "en" / f"{second}.html").read_text()
    installation.running["copy"].send_signal(signal.SIGTERM)
    assert installation.running["copy"].wait(30) == 0
