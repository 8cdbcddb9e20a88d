"""Backup and restore of the record: complete or refused, and nothing ended is revived."""

import hashlib
import json
import os
import signal
from base64 import b64encode
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread

import psycopg
import pytest
from pyrage import x25519
from sqlalchemy import make_url, text

from app.__main__ import main
from app.backup.check import get_latest_copy_name
from app.backup.commands import _seconds_until_due
from app.core import journal
from app.core.canonical_json import to_canonical_json
from app.core.db import create_database_engine, read_session_factory, transaction, write_session_factory
from app.core.journal import JournalLine
from app.core.signing import Signer, build_signature_envelope
from app.core.storage import open_store
from app.domain.identity.actions import accounts
from app.domain.ledger.rules import signed_notes
from app.domain.ledger.rules.merkle_tree import MerkleFrontier, hash_leaf
from app.domain.ledger.rules.signed_notes import Checkpoint
from app.domain.meetings.models import Meeting
from app.record_verification import verify_record
from app.settings import Settings
from app.worker.subscriptions import queue_jobs
from tests.conftest import Database, Server
from tests.dissemination.replicated_site import ReadDatabase
from tests.faults.installation import environment
from tests.forked import ForkedProcess
from tests.waiting import wait_until
from tests.world import LEDGER_SIGNER, RELEASE_SIGNER, World

REPOSITORY = Path(__file__).parent.parent


@pytest.fixture(autouse=True)
def restore_process_state() -> Iterator[None]:
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


FATES = ("waiting", "sent", "restored")


@pytest.fixture
def used_portal(world: World, settings: Settings) -> World:
    """A portal with history: drafts, a register with two numbers, a release, a session, jobs."""
    meeting = world.meeting()
    world.draft(meeting)
    world.registered(meeting, title="The first")
    world.registered(meeting, title="The second")
    world.released(world.meeting(number=21, opens_in=-3), open_store(settings.release_store_url))
    world.sign_in("amina")
    with world.acting("amina") as (session, actor):
        accounts.create_calendar_address(session, actor)
    world.write.configure(info=world.write.kw["info"] | {"react": queue_jobs})
    world.submitted(meeting, title="It waits to be registered")
    with transaction(world.write) as session:
        session.execute(
            text("INSERT INTO jobs.procrastinate_jobs (queue_name, task_name) VALUES ('q', 'write-letters')")
        )
        session.execute(
            text(
                "INSERT INTO portal.letter (id, line, kind, person_id, written_at, due_at, tries, fate, ended_at)"
                " SELECT gen_random_uuid(), seq, 'release', person.id, now(), now(), 0, fate, ended"
                " FROM (SELECT max(seq) AS seq FROM journal_line) line,"
                " (SELECT id FROM person ORDER BY id LIMIT 2) person,"
                " (VALUES ('waiting', NULL::timestamptz), ('sent', now())) fate (fate, ended)"
                " WHERE (fate = 'sent') = (person.id = (SELECT min(id::text)::uuid FROM person))"
            )
        )
    return world


def use_settings(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    """Set the environment so that commands work on this portal."""
    for name, value in environment(settings).items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def other_machine(new_database: Callable[..., Database], settings: Settings, tmp_path: Path) -> Settings:
    """Another machine: an empty database, and no stores."""
    empty = new_database(template="template1")
    return settings.model_copy(
        update={
            "database_url": empty.portal,
            "owner_database_url": empty.owner,
            "worker_database_url": empty.worker,
            "reader_database_url": empty.reader,
            "store_url": f"file://{tmp_path}/elsewhere/store",
            "release_store_url": f"file://{tmp_path}/elsewhere/release",
        }
    )


@pytest.fixture
def backup_folder(used_portal: World, settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    use_settings(monkeypatch, settings)
    assert main(["backup", str(tmp_path / "copies")]) == 0
    return tmp_path / "copies"


def read_rows(settings: Settings) -> dict[str, list[str]]:
    """Return every row of every table as text, except what a restore adds."""
    address = make_url(str(settings.owner_database_url)).set(drivername="postgresql")
    with psycopg.connect(address.render_as_string(hide_password=False)) as connection:
        names = connection.execute(
            "SELECT schemaname || '.' || tablename FROM pg_tables WHERE schemaname IN ('portal', 'release', 'jobs')"
            " AND tablename NOT IN ('user_session', 'upload', 'backup', 'restoration', 'hold', 'procrastinate_workers')"
        ).fetchall()
        rows_by_table = {
            name: sorted(str(row) for row in connection.execute(f"SELECT t::text FROM {name} t").fetchall())
            for (name,) in names
        }
    rows_by_table["portal.journal_line"] = [
        row
        for row in rows_by_table["portal.journal_line"]
        if "record:restored" not in row and "backup:taken" not in row
    ]
    return rows_by_table


def read_files(url: str) -> dict[str, bytes]:
    store = open_store(url)
    return {name: b"".join(store.iter_chunks(name)) for name in store.list_digests()}


def checkpoint(settings: Settings, sign: Signer = LEDGER_SIGNER, root: bytes | None = None) -> str:
    """Return a signed head of the journal as it is now."""
    engine = create_database_engine(str(settings.database_url), pool_size=1)
    with transaction(read_session_factory(engine)) as session:
        lines = session.query(*JournalLine.__table__.columns).order_by(JournalLine.seq).all()
    engine.dispose()
    tree = MerkleFrontier()
    for row in lines:
        tree.append_leaf(hash_leaf(journal.canonical_line(row._mapping)))
    origin = signed_notes.ledger_origin(settings.portal_url)
    return signed_notes.sign_checkpoint(Checkpoint(origin, tree.size, root or tree.root_hash()), sign)


def test_everything_is_restored_except_sessions_and_messages(
    backup_folder: Path, settings: Settings, other_machine: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "head").write_text(checkpoint(settings))
    assert main(["backup", str(backup_folder)]) == 0
    before = read_rows(settings)
    use_settings(monkeypatch, other_machine)

    assert main(["restore", str(backup_folder), "--head", str(tmp_path / "head")]) == 0

    after = read_rows(other_machine)
    jobs = "jobs.procrastinate_jobs"
    assert after.keys() == before.keys()
    changed = [name for name in before if "procrastinate" not in name and after[name] != before[name]]
    assert changed == ["portal.letter"]
    assert [
        [fate for fate in FATES for row in tables["portal.letter"] if fate in row] for tables in (before, after)
    ] == [
        ["waiting", "sent"],
        ["sent", "restored"],
    ]
    assert len(before["portal.contribution_file"]) == 4
    assert [row for row in before[jobs] if "write-letters" in row and "todo" in row]
    assert [row for row in after[jobs] if "write-letters" in row and "cancelled" in row]
    assert [row for row in before[jobs] if "write-letters" not in row] == [
        row for row in after[jobs] if "write-letters" not in row
    ]
    assert read_files(other_machine.store_url) == read_files(settings.store_url)
    assert read_files(other_machine.release_store_url) == read_files(settings.release_store_url) != {}
    assert verify_record(str(other_machine.owner_database_url), *open_stores(other_machine)).faults == ()
    engine = create_database_engine(str(other_machine.database_url), pool_size=1)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM user_session")) == 0
        assert connection.scalar(text("SELECT doubt FROM restoration")) is None
    engine.dispose()


def open_stores(settings: Settings) -> tuple[object, object]:
    return open_store(settings.store_url), open_store(settings.release_store_url)


def test_numbers_and_the_journal_continue_where_they_were(
    backup_folder: Path, other_machine: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_settings(monkeypatch, other_machine)
    main(["restore", str(backup_folder)])
    engine = create_database_engine(str(other_machine.database_url), pool_size=2)
    restored_world = World(
        write_session_factory(engine, {"react": queue_jobs}),
        read_session_factory(engine),
        open_store(other_machine.store_url),
    )
    with transaction(restored_world.read) as session:
        meeting = session.execute(text("SELECT id FROM meeting WHERE number = 22")).scalar_one()

    _, document = restored_world.registered(get_meeting(restored_world, meeting), title="The third")
    engine.dispose()

    assert document.symbol.endswith("/3")
    assert verify_record(str(other_machine.owner_database_url), *open_stores(other_machine)).faults == ()


def get_meeting(world: World, meeting: object) -> object:
    with transaction(world.read) as session:
        return session.get_one(Meeting, meeting)


@pytest.mark.parametrize(
    ("argument", "doubt"), [("none", "unproven"), ("later", "behind"), ("other", "forked")], ids=str
)
def test_after_a_doubtful_restore_nothing_is_served_until_a_reason_is_given(
    argument: str,
    doubt: str,
    backup_folder: Path,
    used_portal: World,
    settings: Settings,
    other_machine: Settings,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    more = []
    if argument != "none":
        if argument == "later":
            used_portal.meeting(number=25)
        (tmp_path / "head").write_text(
            checkpoint(settings, root=b"another root of 32 bytes........" if argument == "other" else None)
        )
        if argument == "other":
            assert main(["backup", str(backup_folder)]) == 0
        more = ["--head", str(tmp_path / "head")]
    use_settings(monkeypatch, other_machine)

    assert main(["restore", str(backup_folder), *more]) == 1

    assert "No server starts" in capsys.readouterr().out
    for application in ("pages", "read", "work"):
        log = tmp_path / f"{application}.log"
        process = ForkedProcess([application], os.environ | environment(other_machine), REPOSITORY, log)
        assert (process.wait(60), doubt in log.read_text()) == (2, True), log.read_text()
    assert main(["reopen", "--reason", " "]) == 2
    assert main(["reopen", "--reason", "Geneva confirmed what is missing."]) == 0
    engine = create_database_engine(str(other_machine.database_url), pool_size=1)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT reason FROM restoration")).scalars().all() == [
            "Geneva confirmed what is missing."
        ]
        assert connection.execute(text("SELECT count(*) FROM release.hold")).scalar_one() == 0
        assert connection.execute(text("SELECT event FROM journal_line ORDER BY seq DESC LIMIT 1")).scalar_one() == (
            "record:reopened"
        )
    engine.dispose()


def test_a_head_with_a_foreign_signature_is_refused(
    backup_folder: Path, settings: Settings, other_machine: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    stranger = Signer.from_secret("http://x", b64encode(bytes(range(100, 132))).decode())
    (tmp_path / "head").write_text(checkpoint(settings, stranger))
    use_settings(monkeypatch, other_machine)

    assert main(["restore", str(backup_folder), "--head", str(tmp_path / "head")]) == 2
    assert not (tmp_path / "elsewhere").exists()


def test_a_head_of_another_ledger_is_refused_and_named(
    backup_folder: Path,
    settings: Settings,
    other_machine: Settings,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    other = settings.model_copy(update={"portal_url": "https://portal.example.org"})
    (tmp_path / "head").write_text(checkpoint(other))  # signed with our key
    use_settings(monkeypatch, other_machine)

    assert main(["restore", str(backup_folder), "--head", str(tmp_path / "head")]) == 2
    assert "of another ledger, portal.example.org/ledger" in capsys.readouterr().err
    assert not (tmp_path / "elsewhere").exists()


def flip_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


DAMAGES = {
    "a row": (lambda folder: flip_bit(next(folder.glob("*/portal.person.copy"))), "table portal.person was altered"),
    "a table": (lambda folder: next(folder.glob("*/portal.receipt.copy")).unlink(), "table portal.receipt is missing"),
    "a byte of a file": (lambda folder: flip_bit(next(iter(sorted(folder.glob("files/??/??/*"))))), "was altered"),
    "a file": (lambda folder: next(folder.glob("files/??/??/*")).unlink(), "is missing"),
    "a count": (
        lambda folder: edit(next(folder.glob("*/manifest.json")), '"lines": ', '"lines": 1'),
        "its signature does not hold",
    ),
}


def edit(path: Path, old: str, new: str) -> None:
    content = path.read_text()
    assert old in content
    path.write_text(content.replace(old, new, 1))


@pytest.mark.parametrize("damage", DAMAGES)
def test_an_incomplete_copy_is_named_and_not_restored(
    damage: str,
    backup_folder: Path,
    other_machine: Settings,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    use_settings(monkeypatch, other_machine)
    assert main(["restore", str(backup_folder), "--check"]) == 0
    act, words = DAMAGES[damage]
    act(backup_folder)

    assert main(["restore", str(backup_folder), "--check"]) == 1
    assert main(["restore", str(backup_folder)]) == 1

    assert words in capsys.readouterr().err
    assert not (tmp_path / "elsewhere").exists()


def test_a_copy_of_another_portal_is_refused(
    backup_folder: Path, other_machine: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    use_settings(monkeypatch, other_machine)
    monkeypatch.setenv("CWG_LEDGER_PUBLIC_KEYS", RELEASE_SIGNER.public_key.text)

    assert main(["restore", str(backup_folder)]) == 1
    assert "not ours" in capsys.readouterr().err


def test_a_restore_holds_the_read_database_only_if_it_is_carried_out(
    backup_folder: Path,
    settings: Settings,
    other_machine: Settings,
    database: Database,
    server: Server,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read_database = ReadDatabase(server, database)
    read_database.migrate()
    own = {"read_owner_database_url": read_database.owner}
    holds = "SELECT doubt FROM release.hold"
    try:
        use_settings(monkeypatch, settings.model_copy(update=own))
        assert main(["restore", str(backup_folder)]) == 2  # the database is in use
        assert read_database.run(holds) == []

        use_settings(monkeypatch, other_machine.model_copy(update=own))
        assert main(["restore", str(backup_folder)]) == 1  # without a head it is in doubt
        assert read_database.run(holds) == [("portal-restored",)]
    finally:
        read_database.drop()


def test_a_restore_into_existing_data_is_refused(
    backup_folder: Path,
    settings: Settings,
    other_machine: Settings,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["restore", str(backup_folder)]) == 2
    assert "the database is in use" in capsys.readouterr().err
    other = open_store(other_machine.release_store_url)
    path = backup_folder / "another"
    path.write_bytes(b"another file")
    other.put(path, hashlib.sha256(b"another file").hexdigest())
    use_settings(monkeypatch, other_machine)

    assert main(["restore", str(backup_folder)]) == 2
    assert "holds others already" in capsys.readouterr().err


def test_a_restore_killed_between_files_and_rows_is_repeated(
    backup_folder: Path, settings: Settings, other_machine: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All files are present, the schema is present, and no row."""
    restored_store = open_store(other_machine.store_url)
    for name in open_store(settings.store_url).list_digests():
        open_store(settings.store_url).copy_to_store(restored_store, name)
    use_settings(monkeypatch, other_machine)
    assert main(["migrate"]) == 0

    assert main(["restore", str(backup_folder)]) == 1  # on hold, and back

    assert verify_record(str(other_machine.owner_database_url), *open_stores(other_machine)).faults == ()


def test_existing_files_are_not_copied_again(
    backup_folder: Path, used_portal: World, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {path: path.stat().st_mtime_ns for path in backup_folder.glob("files/??/??/*")}
    assert len(before) > 1
    capsys.readouterr()

    assert main(["backup", str(backup_folder)]) == 0

    assert "of which 0 files were new" in capsys.readouterr().out
    assert {path: path.stat().st_mtime_ns for path in backup_folder.glob("files/??/??/*")} == before
    assert len(list(backup_folder.glob("*/manifest.json"))) == 2


def test_an_encrypted_copy_shows_nothing_and_opens_only_with_its_identity(
    used_portal: World,
    settings: Settings,
    other_machine: Settings,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    identity, folder, key = x25519.Identity.generate(), tmp_path / "copies", tmp_path / "identity"
    key.write_text(f"# created: today\n# public key: {identity.to_public()}\n{identity}\n")
    plain = b"It waits to be registered"
    use_settings(monkeypatch, settings)
    assert main(["backup", str(tmp_path / "open")]) == 0
    assert any(plain in path.read_bytes() for path in (tmp_path / "open").rglob("*") if path.is_file())
    monkeypatch.setenv("CWG_BACKUP_RECIPIENT", str(identity.to_public()))

    assert main(["backup", str(folder)]) == 0

    assert not any(plain in path.read_bytes() for path in folder.rglob("*") if path.is_file())
    use_settings(monkeypatch, other_machine)
    assert main(["restore", str(folder)]) == 2
    assert "--identity" in capsys.readouterr().err
    key_of_another = tmp_path / "another"
    key_of_another.write_text(str(x25519.Identity.generate()))
    assert main(["restore", str(folder), "--identity", str(key_of_another)]) == 1
    assert main(["restore", str(folder), "--identity", str(key)]) == 1  # on hold, and back
    assert verify_record(str(other_machine.owner_database_url), *open_stores(other_machine)).faults == ()
    assert read_files(other_machine.store_url) == read_files(settings.store_url)


def test_a_damaged_file_is_not_part_of_a_copy(
    used_portal: World,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    flip_bit(next(path for path in (tmp_path / "store").glob("??/??/*") if path.stat().st_size > 100))
    use_settings(monkeypatch, settings)

    assert main(["backup", str(tmp_path / "copies")]) == 1

    assert "No copy was taken" in capsys.readouterr().err
    assert not list((tmp_path / "copies").glob("*/manifest.json"))


def test_a_copy_taken_during_work_is_of_one_instant(
    used_portal: World, settings: Settings, other_machine: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    meeting, finished, submitted = used_portal.meeting(number=26), Event(), []

    def submit() -> None:
        while not finished.is_set():
            submitted.append(used_portal.registered(meeting, title=f"Meanwhile {len(submitted)}"))

    working = Thread(target=submit, daemon=True)
    working.start()
    use_settings(monkeypatch, settings)
    try:
        wait_until(lambda: len(submitted) >= 2 or not working.is_alive(), "nobody works")
        assert working.is_alive()
        assert main(["backup", str(tmp_path / "copies")]) == 0
    finally:
        finished.set()
        working.join(60)
    use_settings(monkeypatch, other_machine)

    main(["restore", str(tmp_path / "copies")])

    assert verify_record(str(other_machine.owner_database_url), *open_stores(other_machine)).faults == ()


def test_the_folder_is_readable_only_by_its_owner(backup_folder: Path) -> None:
    assert backup_folder.stat().st_mode & 0o077 == 0


def test_only_the_last_copies_are_kept_and_every_file_that_one_of_them_names(
    used_portal: World, settings: Settings, monkeypatch: pytest.MonkeyPatch, backup_folder: Path, capsys
) -> None:
    use_settings(monkeypatch, settings)
    unfinished = backup_folder / "2020-01-01T000000.000000Z"
    unfinished.mkdir()
    obsolete = backup_folder / "files" / "ab" / "cd" / ("abcd" + "0" * 60)
    obsolete.parent.mkdir(parents=True, exist_ok=True)
    obsolete.write_bytes(b"of no copy")

    assert main(["backup", str(backup_folder), "--keep", "1"]) == 0
    assert "Removed: 2 older copies, and 1 files that no other names." in capsys.readouterr().out
    assert not unfinished.exists()
    assert not obsolete.exists()
    assert main(["restore", str(backup_folder), "--check"]) == 0


def test_nothing_is_removed_if_a_copy_that_is_kept_was_altered(
    used_portal: World, settings: Settings, monkeypatch: pytest.MonkeyPatch, backup_folder: Path
) -> None:
    use_settings(monkeypatch, settings)
    assert main(["backup", str(backup_folder)]) == 0
    first, last = sorted(backup_folder.glob("*/manifest.json"))
    last.write_bytes(last.read_bytes().replace(b"false", b"true"))

    assert main(["prune", str(backup_folder), "--keep", "1"]) == 2
    assert first.exists()


@pytest.mark.parametrize("name", ["before the move", "0 before the move", "2020-01-01T000000Z"])
def test_a_copy_under_a_name_of_the_operator_is_not_counted_and_stays_with_its_files(
    used_portal: World, settings: Settings, monkeypatch: pytest.MonkeyPatch, backup_folder: Path, name: str
) -> None:
    use_settings(monkeypatch, settings)
    (first,) = backup_folder.glob("*/manifest.json")
    first.parent.rename(backup_folder / name)
    assert _seconds_until_due(backup_folder, timedelta(hours=1)) == 0
    assert main(["backup", str(backup_folder)]) == 0
    assert get_latest_copy_name(backup_folder) != name
    (taken,) = {path.parent for path in backup_folder.glob("*/manifest.json")} - {backup_folder / name}
    statement = json.loads((taken / "manifest.json").read_bytes())["statement"]
    statement["files"] = []
    message = to_canonical_json(statement)
    envelope = build_signature_envelope(message, LEDGER_SIGNER.sign(message), LEDGER_SIGNER.public_key)
    (taken / "manifest.json").write_bytes(envelope)
    before = sorted(backup_folder.rglob("*"))

    assert main(["prune", str(backup_folder), "--keep", "1"]) == 0
    assert sorted(backup_folder.rglob("*")) == before
