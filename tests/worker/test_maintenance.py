"""Preservation: every file is checked in rotation, unnamed files are removed, and the record is verified nightly."""

import os
import time
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import String, select, text

from app.core import clock
from app.core.db import (
    SIGNERS_KEY,
    create_database_engine,
    transaction,
    write_session_factory,
)
from app.core.files.partial_uploads import PartialUploadStore
from app.core.journal import JournalLine
from app.core.locks import AdvisoryLock
from app.core.storage import hash_file, open_store
from app.domain.contributions.actions import drafting
from app.domain.contributions.models import Contribution
from app.domain.files import actions as file_actions
from app.domain.files.inputs import RenditionResult
from app.domain.preservation import queries
from app.domain.preservation.models import FixityCheck, StoreName
from app.domain.tables import METADATA
from app.settings import Settings
from app.worker import maintenance
from app.worker.maintenance import check_fixity, remove_orphaned_files
from app.worker.nightly_verification import verify_nightly
from app.worker.release import WorkerContext
from tests.world import WORKER_SIGNERS, World, get_worker_engine


@pytest.fixture
def context(engine, settings: Settings) -> WorkerContext:
    stores = open_store(settings.store_url), open_store(settings.release_store_url)
    return WorkerContext(
        write_session_factory(get_worker_engine(engine), {SIGNERS_KEY: WORKER_SIGNERS}),
        *stores,
        PartialUploadStore(settings.staging_folder),
        None,
    )


def store_folder(settings: Settings) -> Path:
    return Path(settings.store_url.removeprefix("file://"))


def list_stored(settings: Settings) -> list[Path]:
    return sorted(store_folder(settings).glob("??/??/*"))


def list_file_events(world: World) -> list[str]:
    with transaction(world.read) as session:
        wanted = JournalLine.event.in_(["file:damaged", "file:mended"])
        return list(session.scalars(select(JournalLine.event).where(wanted).order_by(JournalLine.seq)))


def flip_first_bit(path: Path) -> bytes:
    content = path.read_bytes()
    path.write_bytes(bytes([content[0] ^ 1]) + content[1:])
    return content


def store_content(context: WorkerContext, folder: Path, content: bytes) -> str:
    path = folder / "given"
    path.write_bytes(content)
    sha256 = hash_file(path)
    context.store.put(path, sha256)
    return sha256


def test_the_database_names_every_file_to_the_worker_and_nothing_else(world: World, context: WorkerContext) -> None:
    """Including drafts that the worker cannot read; a new column of digests has to be named here."""
    contribution = world.draft(world.meeting())
    with transaction(context.write_sessions) as session:
        assert session.scalar(text("SELECT count(*) FROM contribution_file")) == 0, "drafts are hidden from the worker"
        named = queries.list_referenced_files(session)
    with world.acting("amina") as (session, _):
        own_file = session.execute(text("SELECT sha256, size FROM contribution_file")).one()
    assert contribution.id
    assert named[own_file.sha256] == own_file.size

    digests = {
        column.name
        for metadata in METADATA
        for table in metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, String) and column.type.length == 64 and table.schema == "portal"
    }
    files = {"sha256", "pdf", "picture"}
    of_texts = {"text_digest", "announced", "alone_text", "text", "digest", "approved"}  # the last three: translations
    # `template`: that of a letter of invitation, which is a file of `invitation_template`.
    assert digests == files | of_texts | {"template", "token_digest", "cover_digest"}, (
        "a column of digests with a new name: if it names files, named_files must know"
    )


def test_every_file_is_read_in_rotation_within_the_period(
    world: World, context: WorkerContext, settings: Settings
) -> None:
    meeting = world.meeting()
    for number in range(5):
        world.registered(meeting, title=f"Paper {number}")
        store_content(context, store_folder(settings).parent, b"an orphan")
        world.draft(meeting, title=f"Draft {number}")
    with world.acting("amina") as (session, actor):
        assert actor
        assert session.scalar(text("SELECT count(DISTINCT sha256) FROM portal.named_files()"))
    named = len(list_stored(settings)) - 1  # except the orphan

    rounds = 0
    while True:
        assert check_fixity(context) == 0
        rounds += 1
        with transaction(context.write_sessions) as session:
            if queries.find_oldest_check_time(session):
                break
        assert rounds < 10
    with transaction(context.write_sessions) as session:
        assert queries.count_files_under_fixity_check(session, StoreName.PORTAL) == named
        assert queries.list_files_due_for_check(session, StoreName.PORTAL, 1)[0].checked_at is not None


def test_damage_is_recorded_once_shown_by_verify_and_cleared_by_repair(
    world: World, context: WorkerContext, settings: Settings
) -> None:
    world.registered(world.meeting())
    path = list_stored(settings)[0]
    assert check_fixity(context) == 0
    assert list_file_events(world) == []
    original = flip_first_bit(path)

    for _ in range(2):
        assert check_fixity(context) == 1

    with transaction(context.write_sessions) as session:
        (damaged_file,) = queries.list_damaged_files(session)
        assert (damaged_file.sha256, damaged_file.fault) == (path.name, f"file {path.name} was altered")
    assert list_file_events(world) == ["file:damaged"]
    assert not verify_nightly(context, settings)
    path.write_bytes(original)
    assert check_fixity(context) == 0
    assert list_file_events(world) == ["file:damaged", "file:mended"]
    assert verify_nightly(context, settings)


def test_a_row_without_its_file_is_named(world: World, context: WorkerContext, settings: Settings) -> None:
    world.draft(world.meeting())
    assert verify_nightly(context, settings)
    list_stored(settings)[0].unlink()

    assert not verify_nightly(context, settings)

    with transaction(context.write_sessions) as session:
        last = queries.find_latest_verification(session)
    assert last is not None
    assert last.wrong == 1
    assert "not in the file storage" in last.faults[0]


def test_the_nightly_check_is_stored_and_reads_as_the_owner(
    world: World, context: WorkerContext, settings: Settings
) -> None:
    world.registered(world.meeting())
    with transaction(context.write_sessions) as session:
        assert queries.find_latest_verification(session) is None
    verify_nightly(context, settings)
    engine = create_database_engine(str(settings.owner_database_url), pool_size=1)
    with engine.begin() as connection:
        connection.execute(text("UPDATE journal_line SET entity = 'XXX' WHERE seq = 2"))
    engine.dispose()

    assert not verify_nightly(context, settings)

    with transaction(context.write_sessions) as session:
        last = queries.find_latest_verification(session)
    assert last is not None
    assert last.lines > 1
    assert last.faults == ["journal: line 2: was altered"]


def test_an_unnamed_file_is_removed_after_a_day_and_a_named_one_never(
    world: World, context: WorkerContext, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.draft(world.meeting())
    named = list_stored(settings)
    orphan = store_content(
        context, store_folder(settings).parent, b"left by a request that was killed before its commit"
    )
    assert remove_orphaned_files(context) == 0, "it is new: its row may be on its way"
    assert context.store.exists(orphan)
    monkeypatch.setattr(maintenance, "MIN_ORPHAN_AGE_SECONDS", -1)

    assert remove_orphaned_files(context) == 1

    assert list_stored(settings) == named


def test_a_file_that_was_rendered_is_removed_with_its_renditions_once_nothing_refers_to_it(
    world: World, context: WorkerContext, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A PDF is its own rendition: that alone keeps no file."""
    monkeypatch.setattr(maintenance, "MIN_ORPHAN_AGE_SECONDS", -1)
    meeting, folder = world.meeting(), store_folder(settings).parent
    drafts, rendered = {}, {}
    for who, entity in (("amina", "KEN"), ("rafael", "BRA")):
        drafts[entity] = world.draft(meeting, by=who, file=False)
        file, picture = world.file("en", f"Text of {entity}."), f"The first page of {entity}."
        result = RenditionResult(
            ["A."], 1, file.sha256, None, store_content(context, folder, picture.encode()), whole=True
        )
        rendered[entity] = {file.sha256, str(result.picture)}
        with world.acting(who) as (session, actor):
            row = session.get_one(Contribution, drafts[entity].id)
            drafting.put_contribution_file(session, actor, row, file, began_at=clock.now())
        with transaction(context.write_sessions) as session:
            assert file_actions.count_rendering_attempt(session, file.sha256, contribution=drafts[entity].id)
            file_actions.save_rendition(session, file.sha256, result, contribution=drafts[entity].id)
    assert remove_orphaned_files(context) == 0

    with world.acting("amina") as (session, actor):
        drafting.delete_draft_contribution(session, actor, session.get_one(Contribution, drafts["KEN"].id))
    assert remove_orphaned_files(context) == len(rendered["KEN"])

    assert {path.name for path in list_stored(settings)} == rendered["BRA"]
    with transaction(context.write_sessions) as session:
        [kept] = session.scalars(text("SELECT sha256 FROM contribution_rendition"))
    assert kept in rendered["BRA"]
    assert verify_nightly(context, settings)


def test_what_a_contribution_had_is_forgotten_although_another_state_has_it(
    world: World, context: WorkerContext, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise a State that puts it back after days would see at once whether another State has it."""
    monkeypatch.setattr(maintenance, "MIN_ORPHAN_AGE_SECONDS", -1)
    meeting, shared = world.meeting(), world.file("en", "The same text.")
    drafts = [world.draft(meeting, by=who, file=False) for who in ("amina", "rafael")]
    for who, draft, files in (("amina", drafts[0], (shared,)), ("rafael", drafts[1], (shared, world.file()))):
        for file in files:
            with world.acting(who) as (session, actor):
                row = session.get_one(Contribution, draft.id)
                drafting.put_contribution_file(session, actor, row, file, began_at=clock.now())
            world.rendered(file.sha256, "A paragraph.", pdf=False)

    remove_orphaned_files(context)

    with transaction(context.write_sessions) as session:
        kept = session.execute(text("SELECT contribution_id, sha256 FROM contribution_rendition")).all()
        lines = session.scalars(select(JournalLine).where(JournalLine.event == "rendition:deleted")).all()
    assert {tuple(row) for row in kept} == {(drafts[0].id, shared.sha256), (drafts[1].id, world.file().sha256)}
    assert shared.sha256 in {line.facts["file"] for line in lines}
    assert verify_nightly(context, settings)


def test_renditions_of_what_is_on_record_stay(
    world: World, context: WorkerContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(maintenance, "MIN_ORPHAN_AGE_SECONDS", -1)
    world.registered(world.meeting())
    for file in (world.file(), world.file("en", "Of a text that was deleted.")):
        world.rendered(file.sha256, "A paragraph.", pdf=False)

    remove_orphaned_files(context)

    with transaction(context.write_sessions) as session:
        assert session.scalars(text("SELECT sha256 FROM rendition")).all() == [world.file().sha256]
        [line] = session.scalars(select(JournalLine).where(JournalLine.event == "rendition:deleted"))
    assert line.facts["file"] == world.file("en", "Of a text that was deleted.").sha256


def test_partial_files_of_a_killed_upload_or_copy_are_removed_while_the_worker_runs(
    context: WorkerContext, settings: Settings
) -> None:
    """A worker that starts removes them too, but not those that the one before left a moment ago."""
    folders = [store_folder(settings), Path(settings.release_store_url.removeprefix("file://"))]
    for folder in folders:
        for name in ("old", "new"):
            folder.joinpath(f".arriving-{name}").touch()
        os.utime(folder / ".arriving-old", (0, 0))

    assert remove_orphaned_files(context) == 2

    assert [[path.name for path in folder.glob(".arriving-*")] for folder in folders] == [[".arriving-new"]] * 2


def test_nothing_is_removed_during_a_backup(
    world: World, context: WorkerContext, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(maintenance, "MIN_ORPHAN_AGE_SECONDS", -1)
    store_content(context, store_folder(settings).parent, b"an orphan")
    engine = create_database_engine(str(settings.owner_database_url), pool_size=1)
    with engine.begin() as copying:
        copying.execute(text("SELECT pg_advisory_xact_lock_shared(:lock)"), {"lock": AdvisoryLock.FILE_REMOVAL.value})
        assert remove_orphaned_files(context) == 0
    engine.dispose()
    assert remove_orphaned_files(context) == 1


def test_a_file_stored_again_meanwhile_is_not_removed(context: WorkerContext, settings: Settings) -> None:
    """The file time is read under the lock under which the file is stored."""
    orphan = store_content(context, store_folder(settings).parent, b"an orphan")
    path = context.store._path(orphan)
    os.utime(path, (0, 0))  # a file passed to `adopt` may be old
    since = time.time() - 60

    assert not context.store.remove_if_older(orphan, since)
    assert context.store.remove_if_older(orphan, time.time() + 60)
    assert not context.store.remove_if_older(orphan, time.time() + 60)


def test_a_file_that_is_no_longer_named_is_no_longer_checked(world: World, context: WorkerContext) -> None:
    world.draft(world.meeting())
    check_fixity(context)
    with transaction(context.write_sessions) as session:
        assert queries.count_files_under_fixity_check(session, StoreName.PORTAL) == 1
        session.add(FixityCheck(shelf="kept", sha256="0" * 64, size=1, checked_at=clock.now() - timedelta(days=40)))
    check_fixity(context)
    with transaction(context.write_sessions) as session:
        assert queries.count_files_under_fixity_check(session, StoreName.PORTAL) == 1
