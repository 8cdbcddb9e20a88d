"""The rendering job: once for each contribution, and once for what is on record; three attempts at most, and pages show
the received file unchanged."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from procrastinate.jobs import Job
from sqlalchemy import text

from app.core.db import SIGNERS_KEY, set_row_security_entity, transaction, write_session_factory
from app.core.errors import Unavailable
from app.core.file_service.client import FileServiceOptions, ServiceInterrupted
from app.core.file_service.messages import TaskReply
from app.core.files.partial_uploads import PartialUploadStore
from app.core.rendering import pipeline
from app.core.rendering.template_filling import RenderingBusy
from app.core.storage import Store, open_store
from app.domain.contributions.actions import drafting as contributions
from app.domain.contributions.models import Contribution
from app.domain.files import actions, queries
from app.domain.files.inputs import RenditionResult
from app.domain.files.models import Rendition, RenditionState
from app.worker.release import WorkerContext
from app.worker.renditions import TASKS, IncompleteRenditionError, render_document_files, render_file
from app.worker.subscriptions import RENDER, RENDER_DOCUMENT, queue_jobs
from tests.scripted_file_service import BUSY, CUT_OFF, INTERRUPTED, KILLED, serve_script
from tests.world import WORKER_SIGNERS, World, get_worker_engine

SOFFICE = shutil.which("soffice") or ""
WITH_SOFFICE = FileServiceOptions(soffice=SOFFICE)
needs_soffice = pytest.mark.skipif(not SOFFICE, reason="there is no soffice on this machine")


@pytest.fixture
def context(engine, settings) -> WorkerContext:
    stores = open_store(settings.store_url), open_store(settings.release_store_url)
    return WorkerContext(
        write_session_factory(get_worker_engine(engine), {SIGNERS_KEY: WORKER_SIGNERS}),
        *stores,
        PartialUploadStore(settings.staging_folder),
        None,
    )


def get_rendition(context: WorkerContext, sha256: str) -> Rendition:
    with transaction(context.write_sessions) as session:
        return session.get_one(Rendition, sha256)


def find_own(world: World, draft: Contribution, sha256: str) -> queries.AnyRendition | None:
    with transaction(world.read) as session:
        set_row_security_entity(session, draft.entity)
        return queries.find_rendition(session, sha256, contribution=draft.id)


def count_made_events(engine) -> object:
    with engine.connect() as connection:
        statement = "SELECT count(*) FROM portal.journal_line WHERE event = 'rendition:made'"
        return connection.scalar(text(statement))


@needs_soffice
def test_a_docx_gets_a_pdf_a_picture_and_its_text(world, context: WorkerContext, engine) -> None:
    file = world.file("en", "The costs of transit.")
    render_file(replace(context, file_service=WITH_SOFFICE), file.sha256)
    render_file(replace(context, file_service=WITH_SOFFICE), file.sha256)

    result = get_rendition(context, file.sha256)

    assert (result.state, result.pages, result.tries) == (RenditionState.READY, 1, 1)
    assert "The costs of transit." in result.paragraphs
    assert b"".join(context.store.iter_chunks(result.pdf)).startswith(b"%PDF-")
    assert b"".join(context.store.iter_chunks(result.picture))[8:12] == b"WEBP"
    assert context.store.size(result.pdf) == result.pdf_size
    assert count_made_events(engine) == 1


def test_a_service_that_knows_no_headings_is_asked_as_it_expects(world: World, context: WorkerContext) -> None:
    file = world.file()
    with serve_script({"words": WORDS_WITHOUT_HEADINGS}, tasks=("words",)) as (options, asked):
        render_file(replace(context, file_service=options), file.sha256)

    assert get_rendition(context, file.sha256).paragraphs == ["The costs of transit."]
    assert [request.task for request in asked] == ["words", "words"]


def test_without_a_converter_only_the_text_is_made(world, context: WorkerContext) -> None:
    file = world.file("en", "The costs of transit.")
    render_file(context, file.sha256)

    result = get_rendition(context, file.sha256)

    assert (result.state, result.pdf) == (RenditionState.READY, None)
    assert result.paragraphs == ["The costs of transit."]


def test_after_three_attempts_a_file_is_left_with_partial_renditions(
    world, context: WorkerContext, engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries, convert = [], pipeline.convert_docx_to_pdf

    def count_and_convert(*given: object, **named: object) -> None:
        tries.append(given)
        convert(*given, **named)

    monkeypatch.setattr(pipeline, "convert_docx_to_pdf", count_and_convert)
    broken = replace(context, file_service=FileServiceOptions(soffice="/bin/false"))
    file = world.file("en", "The costs of transit.")
    for _ in range(2):
        with pytest.raises(IncompleteRenditionError):
            render_file(broken, file.sha256)
    assert count_made_events(engine) == 0

    render_file(broken, file.sha256)
    render_file(broken, file.sha256)

    result = get_rendition(context, file.sha256)
    assert (result.state, result.pdf, result.paragraphs) == (RenditionState.FAILED, None, ["The costs of transit."])
    assert len(tries) == 3
    assert count_made_events(engine) == 1


class ReadOnlyStore(Store):
    """A store that can be read but not written."""

    def __init__(self, other: Store) -> None:
        self.other = other
        self.iter_chunks = other.iter_chunks

    def put(self, *_: object) -> None:
        raise Unavailable("full")

    size = exists = check_available = _read = None


@needs_soffice
def test_a_full_store_does_not_count_as_an_attempt(world, context: WorkerContext) -> None:
    file = world.file("en", "The costs of transit.")
    ReadOnlyStore.__abstractmethods__ = frozenset()

    with pytest.raises(Unavailable):
        render_file(replace(context, store=ReadOnlyStore(context.store), file_service=WITH_SOFFICE), file.sha256)

    assert (get_rendition(context, file.sha256).tries, get_rendition(context, file.sha256).state) == (
        0,
        RenditionState.WAITING,
    )


def test_a_service_that_is_not_there_does_not_count_as_an_attempt(
    world, context: WorkerContext, tmp_path: Path
) -> None:
    file = world.file("en", "The costs of transit.")

    with pytest.raises(Unavailable, match="is not responding"):
        render_file(replace(context, file_service=FileServiceOptions(f"{tmp_path}/socket")), file.sha256)

    assert (get_rendition(context, file.sha256).tries, get_rendition(context, file.sha256).state) == (
        0,
        RenditionState.WAITING,
    )


WORDS = b'{"paragraphs": ["The costs of transit."], "heading_levels": [0]}'
WORDS_WITHOUT_HEADINGS = b'{"paragraphs": ["The costs of transit."]}'


@pytest.mark.parametrize("said", [CUT_OFF, KILLED], ids=["by the clock", "for its memory"])
def test_a_conversion_that_is_cut_off_each_time_is_left_after_three_attempts(
    world, context: WorkerContext, said: TaskReply
) -> None:
    file = world.file("en", "The costs of transit.")
    with serve_script({"words": WORDS, "convert": said}) as (options, asked):
        for _ in range(2):
            with pytest.raises(IncompleteRenditionError):
                render_file(replace(context, file_service=options), file.sha256)
        assert get_rendition(context, file.sha256).state == RenditionState.WAITING
        for _ in range(2):
            render_file(replace(context, file_service=options), file.sha256)

    result = get_rendition(context, file.sha256)
    assert (result.state, result.pdf, result.paragraphs) == (RenditionState.FAILED, None, ["The costs of transit."])
    assert [request.is_alone for request in asked if request.task == "convert"] == [False] * 3, "others need not wait"


def test_a_file_with_which_the_service_ends_each_time_is_left_after_three_attempts(
    world, context: WorkerContext
) -> None:
    file = world.file("en", "The costs of transit.")
    with serve_script({"words": WORDS, "convert": INTERRUPTED}) as (options, asked):
        for _ in range(3):
            with pytest.raises(ServiceInterrupted):
                render_file(replace(context, file_service=options), file.sha256)
        render_file(replace(context, file_service=options), file.sha256)

    assert get_rendition(context, file.sha256).state == RenditionState.FAILED
    assert [request.is_alone for request in asked if request.task == "words"] == [False, True, True]
    assert [request.is_alone for request in asked if request.task == "convert"] == [False, True, True], (
        "others may have ended it the first time"
    )


def test_a_conversion_that_gets_no_slot_is_tried_again_and_not_counted(world, context: WorkerContext) -> None:
    file = world.file("en", "The costs of transit.")
    with serve_script({"words": WORDS, "convert": BUSY}) as (options, _asked):
        for _ in range(4):
            with pytest.raises(RenderingBusy) as fault:
                render_file(replace(context, file_service=options), file.sha256)

    assert get_rendition(context, file.sha256).state == RenditionState.WAITING
    assert get_rendition(context, file.sha256).tries == 0
    job = Job(id=1, status="doing", queue="default", lock=None, queueing_lock=None, task_name=RENDER, attempts=900)
    for task in TASKS:
        assert task.retry.get_retry_decision(exception=fault.value, job=job)


def test_a_document_is_not_taken_for_one_without_pages_because_the_service_went_away(
    world, context: WorkerContext
) -> None:
    """It is asked for its words, and then whether it converts."""
    file = world.file("en", "The costs of transit.")
    with serve_script({"words": WORDS}, answers_status=False) as (options, asked), pytest.raises(Unavailable):
        render_file(replace(context, file_service=options), file.sha256)

    assert [request.task for request in asked] == ["words"]
    assert get_rendition(context, file.sha256).state == RenditionState.WAITING


def test_the_draft_of_one_state_that_is_to_be_retried_holds_back_no_other_states(world: World, engine) -> None:
    """A second draft of the same State waits."""
    reacting = World(write_session_factory(engine, {"react": queue_jobs}), world.read, world.store)
    meeting = world.meeting()
    for who in ("amina", "amina", "rafael"):
        reacting.draft(meeting, by=who)
    retry = "UPDATE jobs.procrastinate_jobs SET scheduled_at = now() + interval '1 hour'"
    retry += " WHERE id = (SELECT min(id) FROM jobs.procrastinate_jobs WHERE task_name = 'render')"
    fetch = "SELECT args ->> 'state' FROM jobs.procrastinate_fetch_job_v2(ARRAY['drafts'], NULL)"
    with engine.begin() as connection:
        connection.execute(text("SET LOCAL search_path TO portal, jobs"))
        count = connection.scalar(text("SELECT count(*) FROM jobs.procrastinate_jobs WHERE task_name = 'render'"))
        connection.execute(text(retry))
        fetched = [connection.scalar(text(fetch)) for _ in range(2)]
    assert (count, fetched) == (3, ["BRA", None])


def test_a_clean_copy_is_rendered_among_the_drafts_of_its_state(world: World, engine) -> None:
    reacting = World(write_session_factory(engine, {"react": queue_jobs}), world.read, world.store)
    reacting.cleaned(reacting.draft(world.meeting()))

    with engine.connect() as connection:
        jobs = connection.execute(
            text("SELECT queue_name, lock, args ->> 'state' FROM jobs.procrastinate_jobs WHERE task_name = 'render'")
        ).all()

    assert [tuple(job) for job in jobs] == [("drafts", "rendering:KEN", "KEN")] * 2


def test_drafts_are_rendered_as_a_party_of_their_state_and_other_files_as_one(world, context: WorkerContext) -> None:
    draft, registered = world.file("en", "A draft."), world.file("en", "A document.")
    with serve_script({"words": WORDS, "convert": BUSY}) as (options, asked):
        for sha256, given in ((draft.sha256, {"state": "KEN"}), (registered.sha256, {})):
            with pytest.raises(RenderingBusy):
                render_file(replace(context, file_service=options), sha256, **given)

    assert [request.party for request in asked] == [":renditions:KEN"] * 2 + [":renditions"] * 2


def test_a_complete_rendition_is_not_undone_by_a_job_that_ends_later(world, context: WorkerContext, engine) -> None:
    """A draft may be registered while it is rendered."""
    file = world.file("en", "The costs of transit.")
    result = RenditionResult(["The costs of transit."], 1, None, None, None, whole=True)
    with transaction(context.write_sessions) as session:
        for _ in range(actions.MAX_ATTEMPTS):
            actions.count_rendering_attempt(session, file.sha256)
        actions.save_rendition(session, file.sha256, result)
        actions.save_rendition(session, file.sha256, replace(result, paragraphs=None, whole=False))

    assert get_rendition(context, file.sha256).state == RenditionState.READY
    assert get_rendition(context, file.sha256).paragraphs == ["The costs of transit."]
    assert count_made_events(engine) == 1


def test_all_files_of_a_document_are_rendered(world, context: WorkerContext) -> None:
    _, document = world.registered(world.meeting())
    world.revised(document, "Another text.")

    render_document_files(context, document.id)

    for file in (world.file(), world.file("en", "Another text.")):
        assert get_rendition(context, file.sha256).state == RenditionState.READY


def test_the_same_bytes_are_rendered_for_each_contribution_that_has_them(
    world: World, context: WorkerContext, engine
) -> None:
    """Otherwise the preview of the second one would be there at once, and say that somebody else has them."""
    meeting, file = world.meeting(), world.file()
    drafts = [world.draft(meeting, by=who) for who in ("amina", "rafael")]
    with serve_script({"words": WORDS}, tasks=("words",)) as (options, asked):
        asking = replace(context, file_service=options)
        for count, draft in enumerate(drafts, 1):
            assert find_own(world, draft, file.sha256) is None
            render_file(asking, file.sha256, draft.by_entity, str(draft.id))
            render_file(asking, file.sha256, draft.by_entity, str(draft.id))
            assert find_own(world, draft, file.sha256).state == RenditionState.READY
            assert len(asked) == count

    with engine.connect() as connection:
        lines = "SELECT facts FROM portal.journal_line WHERE event = 'rendition:made-for-contribution' ORDER BY seq"
        facts = connection.scalars(text(lines)).all()
    assert [each["contribution"] for each in facts] == [str(draft.id) for draft in drafts]


def test_a_document_is_rendered_although_the_draft_of_a_state_has_the_same_bytes(
    world: World, context: WorkerContext
) -> None:
    """Those of a secretary too, whose document shows nothing before."""
    file = world.file()
    draft = world.draft(world.meeting())
    with serve_script({"words": WORDS}, tasks=("words",)) as (options, asked):
        asking = replace(context, file_service=options)
        render_file(asking, file.sha256, "KEN", str(draft.id))
        with transaction(world.read) as session:
            assert queries.find_rendition(session, file.sha256) is None
        render_file(asking, file.sha256)

    assert len(asked) == 2
    assert get_rendition(context, file.sha256).state == RenditionState.READY


def test_a_registered_contribution_is_not_rendered_again_for_its_document(
    world: World, context: WorkerContext, engine
) -> None:
    contribution, document = world.registered(world.meeting())
    with serve_script({"words": WORDS}, tasks=("words",)) as (options, asked):
        asking = replace(context, file_service=options)
        render_file(asking, world.file().sha256, "KEN", str(contribution.id))
        for _ in range(2):
            render_document_files(asking, document.id)

    assert len(asked) == 1
    assert get_rendition(context, world.file().sha256).paragraphs == ["The costs of transit."]
    assert count_made_events(engine) == 1


def test_a_draft_that_was_deleted_meanwhile_is_not_rendered(world: World, context: WorkerContext) -> None:
    draft, file = world.draft(world.meeting()), world.file()
    with world.acting("amina") as (session, actor):
        contributions.delete_draft_contribution(session, actor, session.get_one(Contribution, draft.id))

    with serve_script({"words": WORDS}, tasks=("words",)) as (options, asked):
        render_file(replace(context, file_service=options), file.sha256, "KEN", str(draft.id))

    assert asked == []


def test_a_received_file_is_queued_in_the_same_transaction(world, engine) -> None:
    draft = world.draft(world.meeting(), file=False)
    actor, file = world.actor("amina"), world.file()
    with transaction(write_session_factory(engine, {"react": queue_jobs})) as session:
        session.execute(text("SELECT set_config('cwg.entity', 'KEN', true)"))
        contribution = session.get_one(Contribution, draft.id)
        contributions.put_contribution_file(session, actor, contribution, file, began_at=contribution.drafted_at)

    with engine.connect() as connection:
        jobs = connection.execute(text("SELECT task_name, args, queue_name, lock FROM jobs.procrastinate_jobs")).all()
    assert [(name, queue, lock) for name, _, queue, lock in jobs] == [(RENDER, "drafts", "rendering:KEN")]
    assert jobs[0].args["state"] == "KEN"
    assert jobs[0].args["file"] == file.sha256
    assert RENDER_DOCUMENT != RENDER
