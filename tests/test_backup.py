"""Copies of the record and their coming back: whole, or refused; and nothing revived that has ended."""

import hashlib
import os
import signal
import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Thread

import psycopg
import pytest
from pyrage import x25519
from sqlalchemy import make_url, text

from app.__main__ import main
from app.core import journal
from app.core.db import create_database_engine, read_session_factory, transaction, write_session_factory
from app.core.journal import JournalLine
from app.core.signing import Signer
from app.core.storage import open_store
from app.domain.ledger.rules import signed_notes
from app.domain.ledger.rules.merkle_tree import MerkleFrontier, hash_leaf
from app.domain.ledger.rules.signed_notes import Checkpoint
from app.domain.meetings.models import Meeting
from app.record_verification import verify_record
from app.settings import Settings
from app.worker.subscriptions import queue_jobs
from tests.conftest import Database
from tests.faults.installation import environment
from tests.waiting import until
from tests.world import SIGNER, World

REPOSITORY = Path(__file__).parent.parent


@pytest.fixture(autouse=True)
def process_as_it_was() -> Iterator[None]:
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


FATES = ("waiting", "sent", "restored")


@pytest.fixture
def lived(world: World, settings: Settings) -> World:
    """A house in which something happened: drafts, a register with two numbers, a release, a session, jobs."""
    meeting = world.meeting()
    world.draft(meeting)
    world.registered(meeting, title="The first")
    world.registered(meeting, title="The second")
    world.released(world.meeting(number=21, opens_in=-3), open_store(settings.release_store_url))
    world.sign_in("amina")
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


def within(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    """From now on commands work there."""
    for name, value in environment(settings).items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def elsewhere(new_database: Callable[..., Database], settings: Settings, tmp_path: Path) -> Settings:
    """Another machine: a database with nothing in it, and no stores."""
    empty = new_database(template="template1")
    return settings.model_copy(
        update={
            "database_url": empty.portal,
            "owner_database_url": empty.owner,
            "reader_database_url": empty.reader,
            "store_url": f"file://{tmp_path}/elsewhere/store",
            "release_store_url": f"file://{tmp_path}/elsewhere/release",
        }
    )


@pytest.fixture
def copied(lived: World, settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    within(monkeypatch, settings)
    assert main(["backup", str(tmp_path / "copies")]) == 0
    return tmp_path / "copies"


def rows(settings: Settings) -> dict[str, list[str]]:
    """Every row of every table, as text; what is new after a restore is left out."""
    address = make_url(str(settings.owner_database_url)).set(drivername="postgresql")
    with psycopg.connect(address.render_as_string(hide_password=False)) as connection:
        names = connection.execute(
            "SELECT schemaname || '.' || tablename FROM pg_tables WHERE schemaname IN ('portal', 'release', 'jobs')"
            " AND tablename NOT IN ('user_session', 'upload', 'backup', 'restoration', 'hold', 'procrastinate_workers')"
        ).fetchall()
        found = {
            name: sorted(str(row) for row in connection.execute(f"SELECT t::text FROM {name} t").fetchall())
            for (name,) in names
        }
    found["portal.journal_line"] = [
        row for row in found["portal.journal_line"] if "record:restored" not in row and "backup:taken" not in row
    ]
    return found


def files(url: str) -> dict[str, bytes]:
    store = open_store(url)
    return {name: b"".join(store.iter_chunks(name)) for name in store.list_digests()}


def checkpoint(settings: Settings, sign: Signer = SIGNER, root: bytes | None = None) -> str:
    """A head of the journal as it is now, signed."""
    engine = create_database_engine(str(settings.database_url), pool_size=1)
    with transaction(read_session_factory(engine)) as session:
        lines = session.query(*JournalLine.__table__.columns).order_by(JournalLine.seq).all()
    engine.dispose()
    tree = MerkleFrontier()
    for row in lines:
        tree.append_leaf(hash_leaf(journal.canonical_line(row._mapping)))
    origin = signed_notes.ledger_origin(settings.portal_url)
    return signed_notes.sign_checkpoint(Checkpoint(origin, tree.size, root or tree.root_hash()), sign)


def test_everything_comes_back_but_sessions_and_letters(
    copied: Path, settings: Settings, elsewhere: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "head").write_text(checkpoint(settings))
    assert main(["backup", str(copied)]) == 0
    before = rows(settings)
    within(monkeypatch, elsewhere)

    assert main(["restore", str(copied), "--head", str(tmp_path / "head")]) == 0

    after = rows(elsewhere)
    jobs = "jobs.procrastinate_jobs"
    assert after.keys() == before.keys()
    changed = [name for name in before if "procrastinate" not in name and after[name] != before[name]]
    assert changed == ["portal.letter"]
    assert [[fate for fate in FATES for row in found["portal.letter"] if fate in row] for found in (before, after)] == [
        ["waiting", "sent"],
        ["sent", "restored"],
    ]
    assert len(before["portal.contribution_file"]) == 4
    assert [row for row in before[jobs] if "write-letters" in row and "todo" in row]
    assert [row for row in after[jobs] if "write-letters" in row and "cancelled" in row]
    assert [row for row in before[jobs] if "write-letters" not in row] == [
        row for row in after[jobs] if "write-letters" not in row
    ]
    assert files(elsewhere.store_url) == files(settings.store_url)
    assert files(elsewhere.release_store_url) == files(settings.release_store_url) != {}
    assert verify_record(str(elsewhere.owner_database_url), *both(elsewhere)).faults == ()
    engine = create_database_engine(str(elsewhere.database_url), pool_size=1)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM user_session")) == 0
        assert connection.scalar(text("SELECT doubt FROM restoration")) is None
    engine.dispose()


def both(settings: Settings) -> tuple[object, object]:
    return open_store(settings.store_url), open_store(settings.release_store_url)


def test_numbers_and_the_journal_go_on_where_they_were(
    copied: Path, elsewhere: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    within(monkeypatch, elsewhere)
    main(["restore", str(copied)])
    engine = create_database_engine(str(elsewhere.database_url), pool_size=2)
    there = World(
        write_session_factory(engine, {"react": queue_jobs}),
        read_session_factory(engine),
        open_store(elsewhere.store_url),
    )
    with transaction(there.read) as session:
        meeting = session.execute(text("SELECT id FROM meeting WHERE number = 22")).scalar_one()

    _, document = there.registered(there_is(there, meeting), title="The third")
    engine.dispose()

    assert document.symbol.endswith("/3")
    assert verify_record(str(elsewhere.owner_database_url), *both(elsewhere)).faults == ()


def there_is(world: World, meeting: object) -> object:
    with transaction(world.read) as session:
        return session.get_one(Meeting, meeting)


@pytest.mark.parametrize(("given", "doubt"), [("none", "unproven"), ("later", "behind"), ("other", "forked")], ids=str)
def test_where_something_may_be_missing_no_door_opens_until_somebody_says_why(
    given: str,
    doubt: str,
    copied: Path,
    lived: World,
    settings: Settings,
    elsewhere: Settings,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    more = []
    if given != "none":
        if given == "later":
            lived.meeting(number=25)
        (tmp_path / "head").write_text(
            checkpoint(settings, root=b"another root of 32 bytes........" if given == "other" else None)
        )
        if given == "other":
            assert main(["backup", str(copied)]) == 0
        more = ["--head", str(tmp_path / "head")]
    within(monkeypatch, elsewhere)

    assert main(["restore", str(copied), *more]) == 1

    assert "No door opens" in capsys.readouterr().out
    for door in ("pages", "read", "work"):
        ended = subprocess.run(
            [sys.executable, "-m", "app", door],
            env=os.environ | environment(elsewhere),
            cwd=REPOSITORY,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert (ended.returncode, doubt in ended.stderr) == (2, True), ended.stderr
    assert main(["reopen", "--reason", " "]) == 2
    assert main(["reopen", "--reason", "Geneva confirmed what is missing."]) == 0
    engine = create_database_engine(str(elsewhere.database_url), pool_size=1)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT reason FROM restoration")).scalars().all() == [
            "Geneva confirmed what is missing."
        ]
        assert connection.execute(text("SELECT count(*) FROM release.hold")).scalar_one() == 0
        assert connection.execute(text("SELECT event FROM journal_line ORDER BY seq DESC LIMIT 1")).scalar_one() == (
            "record:reopened"
        )
    engine.dispose()


def test_a_head_that_nobody_of_ours_signed_is_refused(
    copied: Path, settings: Settings, elsewhere: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    stranger = Signer.from_secret("http://x", b64encode(bytes(range(100, 132))).decode())
    (tmp_path / "head").write_text(checkpoint(settings, stranger))
    within(monkeypatch, elsewhere)

    assert main(["restore", str(copied), "--head", str(tmp_path / "head")]) == 2
    assert not (tmp_path / "elsewhere").exists()


def test_a_head_of_another_ledger_is_refused_and_named(
    copied: Path,
    settings: Settings,
    elsewhere: Settings,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    other = settings.model_copy(update={"portal_url": "https://portal.example.org"})
    (tmp_path / "head").write_text(checkpoint(other))  # signed with our key
    within(monkeypatch, elsewhere)

    assert main(["restore", str(copied), "--head", str(tmp_path / "head")]) == 2
    assert "of another ledger, portal.example.org/ledger" in capsys.readouterr().err
    assert not (tmp_path / "elsewhere").exists()


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


DAMAGES = {
    "a row": (lambda folder: flip(next(folder.glob("*/portal.person.copy"))), "table portal.person was altered"),
    "a table": (lambda folder: next(folder.glob("*/portal.receipt.copy")).unlink(), "table portal.receipt is missing"),
    "a byte of a file": (lambda folder: flip(next(iter(sorted(folder.glob("files/??/??/*"))))), "was altered"),
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
def test_what_is_not_whole_is_named_and_not_restored(
    damage: str,
    copied: Path,
    elsewhere: Settings,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    within(monkeypatch, elsewhere)
    assert main(["restore", str(copied), "--check"]) == 0
    act, words = DAMAGES[damage]
    act(copied)

    assert main(["restore", str(copied), "--check"]) == 1
    assert main(["restore", str(copied)]) == 1

    assert words in capsys.readouterr().err
    assert not (tmp_path / "elsewhere").exists()


def test_a_copy_of_another_portal_is_not_believed(
    copied: Path, elsewhere: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    within(monkeypatch, elsewhere)
    monkeypatch.setenv("CWG_SIGNING_KEY", b64encode(bytes(range(100, 132))).decode())

    assert main(["restore", str(copied)]) == 1
    assert "not ours" in capsys.readouterr().err


def test_nothing_is_mixed_with_what_is_there(
    copied: Path,
    settings: Settings,
    elsewhere: Settings,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["restore", str(copied)]) == 2
    assert "the database is in use" in capsys.readouterr().err
    other = open_store(elsewhere.release_store_url)
    path = copied / "another"
    path.write_bytes(b"another file")
    other.put(path, hashlib.sha256(b"another file").hexdigest())
    within(monkeypatch, elsewhere)

    assert main(["restore", str(copied)]) == 2
    assert "holds others already" in capsys.readouterr().err


def test_a_restore_that_was_killed_between_files_and_rows_is_done_again(
    copied: Path, settings: Settings, elsewhere: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All files are there, the schema is there, and no row."""
    there = open_store(elsewhere.store_url)
    for name in open_store(settings.store_url).list_digests():
        open_store(settings.store_url).copy_to(there, name)
    within(monkeypatch, elsewhere)
    assert main(["migrate"]) == 0

    assert main(["restore", str(copied)]) == 1  # in doubt, and back

    assert verify_record(str(elsewhere.owner_database_url), *both(elsewhere)).faults == ()


def test_files_that_are_there_are_not_copied_again(
    copied: Path, lived: World, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {path: path.stat().st_mtime_ns for path in copied.glob("files/??/??/*")}
    assert len(before) > 1
    capsys.readouterr()

    assert main(["backup", str(copied)]) == 0

    assert "of which 0 files were new" in capsys.readouterr().out
    assert {path: path.stat().st_mtime_ns for path in copied.glob("files/??/??/*")} == before
    assert len(list(copied.glob("*/manifest.json"))) == 2


def test_a_sealed_copy_shows_nothing_and_opens_with_its_identity_alone(
    lived: World,
    settings: Settings,
    elsewhere: Settings,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    mine, folder, key = x25519.Identity.generate(), tmp_path / "copies", tmp_path / "identity"
    key.write_text(f"# created: today\n# public key: {mine.to_public()}\n{mine}\n")
    plain = b"It waits to be registered"
    within(monkeypatch, settings)
    assert main(["backup", str(tmp_path / "open")]) == 0
    assert any(plain in path.read_bytes() for path in (tmp_path / "open").rglob("*") if path.is_file())
    monkeypatch.setenv("CWG_BACKUP_RECIPIENT", str(mine.to_public()))

    assert main(["backup", str(folder)]) == 0

    assert not any(plain in path.read_bytes() for path in folder.rglob("*") if path.is_file())
    within(monkeypatch, elsewhere)
    assert main(["restore", str(folder)]) == 2
    assert "--identity" in capsys.readouterr().err
    key_of_another = tmp_path / "another"
    key_of_another.write_text(str(x25519.Identity.generate()))
    assert main(["restore", str(folder), "--identity", str(key_of_another)]) == 1
    assert main(["restore", str(folder), "--identity", str(key)]) == 1  # in doubt, and back
    assert verify_record(str(elsewhere.owner_database_url), *both(elsewhere)).faults == ()
    assert files(elsewhere.store_url) == files(settings.store_url)


def test_a_damaged_file_is_no_part_of_a_copy(
    lived: World,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    flip(next(path for path in (tmp_path / "store").glob("??/??/*") if path.stat().st_size > 100))
    within(monkeypatch, settings)

    assert main(["backup", str(tmp_path / "copies")]) == 1

    assert "No copy was taken" in capsys.readouterr().err
    assert not list((tmp_path / "copies").glob("*/manifest.json"))


def test_a_copy_that_is_taken_while_people_work_is_of_one_instant(
    lived: World, settings: Settings, elsewhere: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    meeting, over, done = lived.meeting(number=26), Event(), []

    def submit() -> None:
        while not over.is_set():
            done.append(lived.registered(meeting, title=f"Meanwhile {len(done)}"))

    working = Thread(target=submit, daemon=True)
    working.start()
    within(monkeypatch, settings)
    try:
        until(lambda: len(done) >= 2 or not working.is_alive(), "nobody works")
        assert working.is_alive()
        assert main(["backup", str(tmp_path / "copies")]) == 0
    finally:
        over.set()
        working.join(60)
    within(monkeypatch, elsewhere)

    main(["restore", str(tmp_path / "copies")])

    assert verify_record(str(elsewhere.owner_database_url), *both(elsewhere)).faults == ()


def test_the_folder_is_for_us_alone(copied: Path) -> None:
    assert copied.stat().st_mode & 0o077 == 0
