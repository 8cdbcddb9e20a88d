"""The record is looked after: every file is read in turn, what nothing names goes, and the whole is checked nightly."""

import os
import time
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import String, select, text

from app.core import clock
from app.core.db import SIGNER_KEY, create_database_engine, transaction, write_session_factory
from app.core.files.partial_uploads import PartialUploadStore
from app.core.journal import JournalLine
from app.core.storage import hash_file, open_store
from app.domain.preservation import queries
from app.domain.preservation.models import FixityCheck, StoreName
from app.domain.tables import METADATA
from app.settings import Settings
from app.worker import maintenance
from app.worker.maintenance import check_fixity, remove_orphaned_files
from app.worker.nightly_verification import verify_nightly
from app.worker.release import WorkerContext
from tests.world import SIGNER, World


@pytest.fixture
def desk(engine, settings: Settings) -> WorkerContext:
    stores = open_store(settings.store_url), open_store(settings.release_store_url)
    return WorkerContext(
        write_session_factory(engine, {SIGNER_KEY: SIGNER}),
        *stores,
        PartialUploadStore(settings.staging_folder),
        None,
    )


def shelf_of(settings: Settings) -> Path:
    return Path(settings.store_url.removeprefix("file://"))


def kept(settings: Settings) -> list[Path]:
    return sorted(shelf_of(settings).glob("??/??/*"))


def told(world: World) -> list[str]:
    with transaction(world.read) as session:
        wanted = JournalLine.event.in_(["file:damaged", "file:mended"])
        return list(session.scalars(select(JournalLine.event).where(wanted).order_by(JournalLine.seq)))


def flip(path: Path) -> bytes:
    whole = path.read_bytes()
    path.write_bytes(bytes([whole[0] ^ 1]) + whole[1:])
    return whole


def put(desk: WorkerContext, folder: Path, content: bytes) -> str:
    path = folder / "given"
    path.write_bytes(content)
    sha256 = hash_file(path)
    desk.store.put(path, sha256)
    return sha256


def test_the_database_tells_the_worker_of_every_file_and_of_nothing_else(world: World, desk: WorkerContext) -> None:
    """Also of the drafts that the worker cannot read; whoever adds a column of digests finds it named here."""
    made = world.draft(world.meeting())
    with transaction(desk.write_sessions) as session:
        assert session.scalar(text("SELECT count(*) FROM contribution_file")) == 0, "drafts are hidden from the worker"
        named = queries.list_referenced_files(session)
    with world.acting("amina") as (session, _):
        mine = session.execute(text("SELECT sha256, size FROM contribution_file")).one()
    assert made.id
    assert named[mine.sha256] == mine.size

    digests = {
        column.name
        for metadata in METADATA
        for table in metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, String) and column.type.length == 64 and table.schema == "portal"
    }
    files = {"sha256", "pdf", "picture"}
    of_texts = {"text_digest", "announced", "alone_text", "text", "digest", "approved"}  # the last three: translations
    assert digests == files | of_texts, "a column of digests with a new name: if it names files, named_files must know"


def test_every_file_is_read_in_turn_and_again_within_the_period(
    world: World, desk: WorkerContext, settings: Settings
) -> None:
    meeting = world.meeting()
    for number in range(5):
        world.registered(meeting, title=f"Paper {number}")
        put(desk, shelf_of(settings).parent, b"an orphan")
        world.draft(meeting, title=f"Draft {number}")
    with world.acting("amina") as (session, actor):
        assert actor
        assert session.scalar(text("SELECT count(DISTINCT sha256) FROM portal.named_files()"))
    named = len(kept(settings)) - 1  # but for the orphan

    turns = 0
    while True:
        assert check_fixity(desk) == 0
        turns += 1
        with transaction(desk.write_sessions) as session:
            if queries.find_oldest_check_time(session):
                break
        assert turns < 10
    with transaction(desk.write_sessions) as session:
        assert queries.count_watched_files(session, StoreName.PORTAL) == named
        assert queries.list_files_due_for_check(session, StoreName.PORTAL, 1)[0].checked_at is not None


def test_damage_is_named_told_once_shown_by_verify_and_known_to_be_mended(
    world: World, desk: WorkerContext, settings: Settings
) -> None:
    world.registered(world.meeting())
    path = kept(settings)[0]
    assert check_fixity(desk) == 0
    assert told(world) == []
    whole = flip(path)

    for _ in range(2):
        assert check_fixity(desk) == 1

    with transaction(desk.write_sessions) as session:
        (found,) = queries.list_damaged_files(session)
        assert (found.sha256, found.fault) == (path.name, f"file {path.name} was altered")
    assert told(world) == ["file:damaged"]
    assert not verify_nightly(desk, settings)
    path.write_bytes(whole)
    assert check_fixity(desk) == 0
    assert told(world) == ["file:damaged", "file:mended"]
    assert verify_nightly(desk, settings)


def test_a_row_without_its_file_is_named(world: World, desk: WorkerContext, settings: Settings) -> None:
    world.draft(world.meeting())
    assert verify_nightly(desk, settings)
    kept(settings)[0].unlink()

    assert not verify_nightly(desk, settings)

    with transaction(desk.write_sessions) as session:
        last = queries.find_latest_verification(session)
    assert last is not None
    assert last.wrong == 1
    assert "not in the store" in last.faults[0]


def test_the_nightly_check_is_kept_and_sees_what_the_owner_sees(
    world: World, desk: WorkerContext, settings: Settings
) -> None:
    world.registered(world.meeting())
    with transaction(desk.write_sessions) as session:
        assert queries.find_latest_verification(session) is None
    verify_nightly(desk, settings)
    engine = create_database_engine(str(settings.owner_database_url), pool_size=1)
    with engine.begin() as connection:
        connection.execute(text("UPDATE journal_line SET entity = 'XXX' WHERE seq = 2"))
    engine.dispose()

    assert not verify_nightly(desk, settings)

    with transaction(desk.write_sessions) as session:
        last = queries.find_latest_verification(session)
    assert last is not None
    assert last.lines > 1
    assert last.faults == ["journal: line 2: was altered"]


def test_what_nothing_names_is_removed_after_a_day_and_what_is_named_never(
    world: World, desk: WorkerContext, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.draft(world.meeting())
    named = kept(settings)
    orphan = put(desk, shelf_of(settings).parent, b"left by a request that was killed before its commit")
    assert remove_orphaned_files(desk) == 0, "it is new: its row may be on its way"
    assert desk.store.exists(orphan)
    monkeypatch.setattr(maintenance, "MIN_ORPHAN_AGE_SECONDS", -1)

    assert remove_orphaned_files(desk) == 1

    assert kept(settings) == named


def test_nothing_is_removed_while_a_copy_is_taken(
    world: World, desk: WorkerContext, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(maintenance, "MIN_ORPHAN_AGE_SECONDS", -1)
    put(desk, shelf_of(settings).parent, b"an orphan")
    engine = create_database_engine(str(settings.owner_database_url), pool_size=1)
    with engine.begin() as copying:
        copying.execute(text("SELECT pg_advisory_xact_lock_shared(:lock)"), {"lock": queries.FILE_REMOVAL_LOCK})
        assert remove_orphaned_files(desk) == 0
    engine.dispose()
    assert remove_orphaned_files(desk) == 1


def test_a_file_that_is_kept_again_meanwhile_is_not_removed(desk: WorkerContext, settings: Settings) -> None:
    """Its time is looked at under the lock under which it is put in its place."""
    orphan = put(desk, shelf_of(settings).parent, b"an orphan")
    path = desk.store._path(orphan)
    os.utime(path, (0, 0))  # what `adopt` brings along may be old
    since = time.time() - 60

    assert not desk.store.remove_if_older(orphan, since)
    assert desk.store.remove_if_older(orphan, time.time() + 60)
    assert not desk.store.remove_if_older(orphan, time.time() + 60)


def test_what_is_no_longer_named_is_watched_no_longer(world: World, desk: WorkerContext) -> None:
    world.draft(world.meeting())
    check_fixity(desk)
    with transaction(desk.write_sessions) as session:
        assert queries.count_watched_files(session, StoreName.PORTAL) == 1
        session.add(FixityCheck(shelf="kept", sha256="0" * 64, size=1, checked_at=clock.now() - timedelta(days=40)))
    check_fixity(desk)
    with transaction(desk.write_sessions) as session:
        assert queries.count_watched_files(session, StoreName.PORTAL) == 1
