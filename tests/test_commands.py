"""The commands: their output, their refusals, and their exit codes."""

import io
import json
import logging
import os
import signal
import time
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
import structlog
from sqlalchemy import text

from app.__main__ import build_parser, format_error, load_command, main
from app.core import clock
from app.core.db import read_session_factory, transaction, write_session_factory
from app.core.observability import logging as logs
from app.core.storage import open_store
from app.domain.bodies.queries.seats import build_actor, list_own_seats, list_seats
from app.domain.identity.models.tables import Person
from app.domain.releases.actions import withdrawal
from app.domain.rights import PERMISSIONS
from app.settings import Settings
from tests.conftest import SECRET
from tests.files import make_docx
from tests.forked import ForkedProcess
from tests.http_server import free_port
from tests.waiting import kill_all
from tests.world import PRIVATE_KEYS, key_environment, record_rows

REPOSITORY = Path(__file__).parent.parent
ISSUER = "https://idp.example.org"


def roster_entry(**changes: object) -> dict[str, object]:
    return {
        "iss": ISSUER,
        "sub": "s-1",
        "name": "First Secretary",
        "email": "first@example.org",
        "membership": "itu_staff",
        "entity": "ITU",
        "body": "cwg-internet",
        "capacity": "secretary",
    } | changes


@pytest.fixture(autouse=True)
def restore_process_state():
    """Restore logging and signals, which commands configure for their own process, here the one of the tests."""
    root = logging.getLogger()
    before = root.handlers[:], root.level, signal.getsignal(signal.SIGTERM)
    yield
    root.handlers, root.level = before[:2]
    signal.signal(signal.SIGTERM, before[2])
    structlog.reset_defaults()


@pytest.fixture
def environment(settings, monkeypatch) -> dict[str, str]:
    """The settings of the test as an environment, for this process and others."""
    values = {
        "CWG_DATABASE_URL": settings.database_url,
        "CWG_WORKER_DATABASE_URL": settings.worker_database_url,
        "CWG_OWNER_DATABASE_URL": settings.owner_database_url,
        "CWG_READER_DATABASE_URL": settings.reader_database_url,
        "CWG_STORE_URL": settings.store_url,
        "CWG_RELEASE_STORE_URL": settings.release_store_url,
        "CWG_SESSION_SECRET": SECRET,
        "CWG_READ_SESSION_SECRET": SECRET[::-1],
        **key_environment(*PRIVATE_KEYS),
        "CWG_OIDC_ISSUER": "http://127.0.0.1:9/provider",
        "CWG_OIDC_CLIENT_ID": "portal",
    }
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    return values


def test_every_command_exists() -> None:
    runs = {
        name: sub.get_default("run")
        for action in build_parser()._actions
        if action.dest == "command"
        for name, sub in action.choices.items()
    }
    assert set(runs) == {
        *("demo", "migrate", "pages", "read", "work", "roster", "verify", "inspect", "rights", "settings", "words"),
        *("copy", "backup", "restore", "reopen", "export", "witness", "rotate-key", "migrate-read", "rebuild-read"),
        *("file-service", "courier", "init", "prune", "doctor"),
    }
    assert all(callable(load_command(run)) for run in runs.values())


def test_settings_prints_each_setting_with_its_default_and_no_secret(capsys) -> None:
    assert main(["settings"]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(Settings.model_fields)
    by_name = {line.split()[0]: line for line in lines}
    assert "http://127.0.0.1:8000" in by_name["CWG_PORTAL_URL"]
    for name, field in Settings.model_fields.items():
        assert field.description
        assert field.description in by_name[f"CWG_{name.upper()}"]
    assert by_name["CWG_SESSION_SECRET"].split(maxsplit=1)[1].startswith("Key of the portal's form tokens")


def test_bad_settings_end_with_one_line_that_shows_no_value(capsys, monkeypatch) -> None:
    monkeypatch.setenv("CWG_PORTAL_URL", "hunter2")

    assert main(["rights"]) == 2

    output = capsys.readouterr()
    assert output.err == "rights: CWG_PORTAL_URL: must be scheme and host, such as https://portal.example.org\n"
    assert output.out == ""


def test_a_secret_that_cannot_be_read_is_named_with_the_error() -> None:
    unreadable = ValueError("a setting has no value")
    unreadable.__cause__ = PermissionError(13, "Permission denied", "/run/secrets/cwg_database_url")

    assert format_error(unreadable) == "/run/secrets/cwg_database_url: Permission denied"


def test_rights_prints_every_permission(capsys) -> None:
    assert main(["rights"]) == 0

    printed = capsys.readouterr().out
    assert [name for name in PERMISSIONS if name not in printed] == []


def test_inspect_reports_findings_and_exits_with_one_if_a_file_is_refused(capsys, tmp_path) -> None:
    good, bad = tmp_path / "good.docx", tmp_path / "bad.docx"
    good.write_bytes(make_docx())
    bad.write_bytes(b"no document")

    assert main(["inspect", str(good)]) == 0
    assert capsys.readouterr().out.startswith("good.docx: accepted")
    assert main(["inspect", "--json", str(good), str(bad)]) == 1
    assert [report["accepted"] for report in json.loads(capsys.readouterr().out)] == [True, False]


def test_the_roster_is_imported_once_and_each_grant_is_in_the_journal(environment, engine, tmp_path, capsys) -> None:
    path = tmp_path / "roster.json"
    people = [
        roster_entry(),
        roster_entry(sub="s-2", membership="member_state", entity="KEN", capacity="delegate", body="CWG-Internet"),
        roster_entry(sub="s-3", capacity="tsb", body=None),
    ]
    path.write_text(json.dumps(people))

    assert main(["roster", str(path)]) == 0
    assert capsys.readouterr().out.count("granted") == 3
    assert main(["roster", str(path)]) == 0
    assert capsys.readouterr().out.count("held already") == 3

    with transaction(read_session_factory(engine)) as session:
        roles = {
            person.subject: {
                seat.role
                for seat in list_seats(session, person.id, person.membership, person.entity, clock.now().date())
            }
            for person in session.query(Person)
        }
        lines = session.execute(text("SELECT event, person FROM portal.journal_line WHERE seq > 1 ORDER BY seq")).all()
    assert roles == {"s-1": {"secretary"}, "s-2": {"delegate"}, "s-3": {"tsb"}}
    assert lines == [("office:granted", None), ("accreditation:granted", None), ("office:granted", None)]


def test_the_roster_grants_an_office_again_to_somebody_who_moved_to_another_unit(
    environment, engine, tmp_path, capsys
) -> None:
    path = tmp_path / "roster.json"
    path.write_text(json.dumps([roster_entry()]))
    assert main(["roster", str(path)]) == 0
    with transaction(write_session_factory(engine)) as session:
        record_rows(session)
        session.execute(text("UPDATE portal.person SET entity = 'BR'"))

    path.write_text(json.dumps([roster_entry(entity="BR")]))
    assert main(["roster", str(path)]) == 0
    assert capsys.readouterr().out.count("granted") == 2

    with transaction(read_session_factory(engine)) as session:
        person = session.query(Person).one()
        today = clock.now().date()
        actor = build_actor(session, person)
        assert {seat.role for seat in list_seats(session, person.id, person.membership, "BR", today)} == {"secretary"}
        assert [row.role for row in list_own_seats(session, actor, today)] == ["secretary"]  # not the earlier one too


def test_the_example_of_a_roster_can_be_imported(environment, tmp_path, capsys) -> None:
    assert main(["roster", "--example"]) == 0
    path = tmp_path / "example.json"
    path.write_text(capsys.readouterr().out)
    assert {entry["iss"] for entry in json.loads(path.read_text())} == {environment["CWG_OIDC_ISSUER"]}

    assert main(["roster", str(path)]) == 0

    assert capsys.readouterr().out.count("granted") == 3


@pytest.mark.parametrize("arguments", [[], ["x.json", "--example"], ["--example", "--unseated"]])
def test_the_roster_takes_a_file_or_one_question(arguments, capsys) -> None:
    with pytest.raises(SystemExit) as refused:
        main(["roster", *arguments])

    assert refused.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_who_signed_in_and_has_no_seat_is_listed_until_a_list_gives_one(environment, engine, tmp_path, capsys) -> None:
    with transaction(write_session_factory(engine)) as session:
        record_rows(session)
        for number, subject in enumerate(("s-1", "s-2", "s-3")):
            signed_in = None if subject == "s-3" else clock.now() + timedelta(seconds=number)
            entry = roster_entry(sub=subject)
            session.add(
                Person(
                    issuer=ISSUER,
                    subject=subject,
                    roles=[],
                    locale="en",
                    entity_name="ITU",
                    signed_in_at=signed_in,
                    **{name: entry[name] for name in ("name", "email", "membership", "entity")},
                )
            )
    assert main(["roster", "--unseated"]) == 0
    unseated = json.loads(capsys.readouterr().out)
    assert [each["sub"] for each in unseated] == ["s-2", "s-1"]  # s-3 never signed in
    path = tmp_path / "roster.json"
    path.write_text(json.dumps([unseated[0] | {"body": "cwg-internet", "capacity": "secretary"}]))

    assert main(["roster", str(path)]) == 0
    capsys.readouterr()
    assert main(["roster", "--unseated"]) == 0

    assert [each["sub"] for each in json.loads(capsys.readouterr().out)] == ["s-1"]


def test_who_enters_a_list_without_anybody_learns_that_people_sign_in_first(environment, tmp_path, capsys) -> None:
    assert main(["roster", "--unseated"]) == 0
    printed = capsys.readouterr()
    path = tmp_path / "roster.json"
    path.write_text(printed.out)

    assert main(["roster", str(path)]) == 1

    assert json.loads(printed.out) == []
    assert "once they have signed in" in printed.err
    assert capsys.readouterr().err.splitlines() == ["Nothing was entered.", "the list has no entry"]


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"email": "nobody"}, "entry 2: email: "),
        ({"capacity": "king"}, "entry 2: capacity: "),
        ({"surprise": 1}, "entry 2: surprise: "),
        ({"body": "cwg-nowhere"}, "entry 2: there is no body cwg-nowhere: cwg-internet, "),
        ({"body": None}, "entry 2: secretary is held in a body"),
        ({"capacity": "tsb"}, "entry 2: tsb has no body"),
        ({"capacity": "chair"}, "entry 2: chair is for people of category member_state"),
        ({"membership": "member_state", "entity": "XYZ", "capacity": "delegate"}, "entry 2: entity: XYZ is not"),
        ({"membership": "member_state", "entity": "PSE", "capacity": "delegate"}, "entry 2: entity: PSE is not"),
        ({"membership": "sector_member", "entity": "KEN", "capacity": "delegate"}, "entry 2: entity: KEN is not"),
        ({"entity": "KEN"}, "entry 2: entity: KEN is not an entity of category itu_staff"),
        ({"membership": "academia", "capacity": "delegate"}, "entry 2: CWG-Internet does not admit"),
    ],
)
def test_a_wrong_entry_is_named_and_nothing_is_imported(
    environment, engine, tmp_path, capsys, changes, complaint
) -> None:
    path = tmp_path / "roster.json"
    path.write_text(json.dumps([roster_entry(), roster_entry(sub="s-2", **changes)]))

    assert main(["roster", str(path)]) == 1

    first, reason = capsys.readouterr().err.splitlines()
    assert first == "Nothing was entered."
    assert reason.startswith(complaint)
    with transaction(read_session_factory(engine)) as session:
        assert session.query(Person).count() == 0


def test_a_person_known_for_another_member_is_not_imported_for_this_one(environment, engine, tmp_path, capsys) -> None:
    path = tmp_path / "roster.json"
    delegate = roster_entry(membership="member_state", entity="KEN", capacity="delegate")
    path.write_text(json.dumps([delegate]))
    assert main(["roster", str(path)]) == 0
    path.write_text(json.dumps([delegate | {"entity": "BRA"}]))
    capsys.readouterr()

    assert main(["roster", str(path)]) == 1

    assert "entry 1: this person is known here as member_state KEN" in capsys.readouterr().err


def test_verify_accepts_an_intact_portal(environment, world, settings, capsys) -> None:
    create_release(world, settings)

    assert main(["verify"]) == 0
    same, whole_record = capsys.readouterr().out.splitlines()
    assert same.endswith("every row is the same as in the portal's database")
    assert whole_record.startswith("The record is whole: ")


def create_release(world, settings) -> None:
    world.registered(world.meeting())
    world.draft(world.meeting(number=23))
    world.released(world.meeting(opens_in=-3, number=21), open_store(settings.release_store_url))


@pytest.mark.parametrize(
    ("damage", "complaint"),
    [
        ("UPDATE portal.journal_line SET entity = 'BRA' WHERE seq = 1", "journal: line 1: was altered"),
        (
            "UPDATE portal.counter SET last = last + 1 WHERE scope = '22'",
            "register: series C of 22: number 2 is missing",
        ),
        (
            "UPDATE portal.counter SET last = 0 WHERE scope = '21'",
            "register: series OUT of 21: number 1 was never given",
        ),
        ("UPDATE release.file SET language = 'fr'", "release: CWG-Internet 21/OUT/1 is not the text that was adopted"),
        ("UPDATE portal.output SET text_digest = 'other'", "release: CWG-Internet 21/OUT/1 is not the text that"),
        (
            "UPDATE portal.output SET status = 'leaving'",
            "release: CWG-Internet 21/OUT/1 is released, but its release is not",
        ),
        ("DELETE FROM release.file; DELETE FROM release.output", "release: CWG-Internet 21/OUT/1 counts as released"),
        ("UPDATE release.manifest SET signature = 'AAAA'", "catalogue: manifest 1 was altered"),
        ("UPDATE release.output SET meeting = 5", "catalogue: manifest 1 CWG-Internet 21/OUT/1: not what the tables"),
        ("DELETE FROM release.manifest", "catalogue: manifest 0 CWG-Internet 21/OUT/1: an output has no manifest"),
        ("DELETE FROM release.manifest", "catalogue: the manifest with digest "),
        ("UPDATE portal.contribution_file SET size = 1", "store: file "),
        (f"UPDATE portal.contribution_file SET sha256 = '{'0' * 64}'", f"store: file {'0' * 64}: This file is not"),
    ],
)
def test_verify_names_what_is_wrong(environment, world, settings, database, capsys, damage, complaint) -> None:
    create_release(world, settings)
    database.run_as_superuser(damage)

    assert main(["verify"]) == 1
    assert any(line.startswith(complaint) for line in capsys.readouterr().out.splitlines())


@pytest.mark.parametrize(
    ("damage", "complaint"),
    [
        ("SELECT 1", ""),
        ("UPDATE release.withdrawal SET reason = 'Another.'", "withdrawal: CWG-Internet 21/OUT/1 was not withdrawn as"),
        ("UPDATE portal.withdrawal SET ended_by = proposed_by", "withdrawal: CWG-Internet 21/OUT/1 was not withdrawn"),
        ("DELETE FROM release.withdrawal", "withdrawal: CWG-Internet 21/OUT/1 counts as withdrawn, but has no"),
        ("DELETE FROM release.withdrawal", "catalogue: manifest 2 CWG-Internet 21/OUT/1: not what the tables say"),
        ("UPDATE portal.output SET status = 'approved'", "withdrawal: CWG-Internet 21/OUT/1 has a tombstone, but was"),
    ],
)
def test_verify_checks_withdrawals(environment, world, settings, database, capsys, damage, complaint) -> None:
    release_store = open_store(settings.release_store_url)
    output = world.withdrawn(world.released(world.meeting(opens_in=-3, number=21), release_store))
    if complaint:
        with transaction(world.work) as session:
            withdrawal.remove_files_of_withdrawn_output(session, release_store, output.id)
    database.run_as_superuser(damage)

    assert main(["verify"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith(complaint or "withdrawal: file ") for line in lines)
    if not complaint:  # the job that removes its files has not run: reported, and nothing else is wrong
        with transaction(world.work) as session:
            withdrawal.remove_files_of_withdrawn_output(session, release_store, output.id)
        assert main(["verify"]) == 0


def test_verify_names_a_file_altered_on_disk(environment, world, settings, capsys) -> None:
    create_release(world, settings)
    digest = world.file().sha256
    root = settings.store_url.removeprefix("file://")
    Path(root, digest[:2], digest[2:4], digest).write_bytes(b"other bytes")

    assert main(["verify"]) == 1
    assert f"store: file {digest} was altered" in capsys.readouterr().out.splitlines()


def test_a_required_database_url_that_is_not_set_is_named(environment, monkeypatch, capsys) -> None:
    monkeypatch.delenv("CWG_OWNER_DATABASE_URL")

    assert main(["verify"]) == 2
    assert (
        capsys.readouterr().err
        == "verify: CWG_OWNER_DATABASE_URL is not set: give the address of that role in your PostgreSQL\n"
    )


def test_migrate_brings_a_database_to_head_again(environment, capsys) -> None:
    assert main(["migrate"]) == 0
    assert capsys.readouterr().out == "The database is at head.\n"


@pytest.mark.parametrize(("application", "secret"), [("pages", "SESSION_SECRET"), ("read", "READ_SESSION_SECRET")])
def test_a_weak_secret_stops_the_start_before_anything_listens(
    environment, monkeypatch, capsys, application, secret
) -> None:
    monkeypatch.setenv(f"CWG_{secret}", "changeme")

    assert main([application, "--port", str(free_port()), "--workers", "2"]) == 2
    assert capsys.readouterr().err.startswith(f"{application}: CWG_{secret} is empty, short or easy to guess")


@pytest.mark.parametrize("application", ["pages", "read"])
@pytest.mark.parametrize("workers", ["2", pytest.param("1", marks=pytest.mark.thorough)])
def test_an_application_serves_discloses_little_and_stops_on_request(
    environment, tmp_path, application, workers
) -> None:
    port = free_port()
    arguments = [application, "--port", str(port), "--workers", workers]
    address = f"http://127.0.0.1:{port}"
    environment |= {"CWG_PORTAL_URL" if application == "pages" else "CWG_READ_URL": address}
    process = ForkedProcess(arguments, environment, REPOSITORY, tmp_path / "log")
    try:
        answer = wait_for_answer(f"{address}/readyz?code=private", process)
        assert answer.status_code == 200
        assert "server" not in answer.headers
        assert "date" in answer.headers
        process.terminate()
        assert process.wait(60) == 0
    finally:
        kill_all(process)
    lines = (tmp_path / "log").read_text().splitlines()
    assert lines
    assert all(json.loads(line)["level"] == "info" for line in lines)
    assert not any("private" in line or "readyz" in line for line in lines)


def wait_for_answer(address: str, process: ForkedProcess) -> httpx2.Response:
    limit = time.monotonic() + 60
    while True:
        try:
            return httpx2.get(address, trust_env=False)
        except httpx2.TransportError:
            assert process.poll() is None
            assert time.monotonic() < limit
            time.sleep(0.05)


def test_a_log_line_is_json_in_utc_without_user_text() -> None:
    stream = io.StringIO()
    logs.configure_logging(stream)
    with structlog.contextvars.bound_contextvars(request="r-1"):
        structlog.get_logger("app.test").info("something happened", code="private", email="private", status=3)
    try:
        raise ValueError("private") from KeyError("private")
    except ValueError:
        logging.getLogger("uvicorn.error").exception("it broke")
    logging.getLogger("uvicorn.access").warning("GET /private")

    first, second = map(json.loads, stream.getvalue().splitlines())

    assert "private" not in stream.getvalue()
    assert first.pop("time").endswith("Z")
    assert first == {
        "event": "something happened",
        "level": "info",
        "request": "r-1",
        "code": "…",
        "email": "…",
        "status": 3,
    }
    assert [fault["kind"] for fault in second["exception"]] == ["builtins.ValueError", "builtins.KeyError"]
    assert second["exception"][0]["places"][0].startswith(os.fspath(Path(__file__)))
