"""Adding the PDF of a text: queued whenever either of the two is there, and done once."""

import shutil
from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import text

from app.core.clamav import VirusScanner
from app.core.db import SIGNERS_KEY, WriteSession, transaction, write_session_factory
from app.core.errors import Conflict
from app.core.file_service.client import FileServiceOptions
from app.core.files.partial_uploads import PartialUploadStore
from app.core.storage import open_store
from app.domain.files.queries import list_files_awaiting_scan
from app.domain.outputs.models import Output, OutputFile
from app.domain.silence.actions import draft_texts
from app.domain.silence.actions.procedure import settle_procedure
from app.worker.output_pdfs import add_missing_pdfs, add_pdf_of_file
from app.worker.release import WorkerContext
from app.worker.renditions import render_file
from app.worker.subscriptions import ADD_PDF, ADD_PDFS, queue_jobs
from tests.world import WORKER_SIGNERS, World, get_worker_engine

SOFFICE = shutil.which("soffice") or ""
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


def get_file(world: World, output: Output) -> OutputFile:
    with transaction(world.read) as session:
        return session.get_one(OutputFile, (output.id, "en"))


def list_jobs(engine) -> list[tuple[str, str]]:
    statement = "SELECT task_name, args FROM jobs.procrastinate_jobs WHERE task_name = ANY (:names) ORDER BY id"
    with engine.connect() as connection:
        rows = connection.execute(text(statement), {"names": [ADD_PDF, ADD_PDFS]})
        return [(name, args.get("file") or args.get("output")) for name, args in rows]


def test_the_text_and_its_pdf_and_broken_silence_each_queue_the_addition(world: World, engine) -> None:
    reacting = World(write_session_factory(engine, {"react": queue_jobs}), world.read, world.store)
    draft = reacting.output(world.meeting(opens_in=-1))
    file = get_file(world, draft).sha256
    procedure = reacting.silence(draft)

    reacting.rendered(file, "The text.")
    reacting.position(procedure, "amina", "breaks")

    assert list_jobs(engine) == [(ADD_PDF, file), (ADD_PDF, file), (ADD_PDFS, str(draft.id))]


def test_a_file_that_was_rendered_before_brings_its_pdf(world: World, context: WorkerContext) -> None:
    world.rendered(world.file("en", "Secret output title").sha256, "The text.")
    draft = world.output(world.meeting(opens_in=-1))
    file = get_file(world, draft)

    for _ in range(2):
        add_pdf_of_file(context, file.sha256)

    assert get_file(world, draft).pdf


def test_a_pdf_waits_for_the_virus_scanner_if_there_is_one(world: World, context: WorkerContext) -> None:
    meeting = world.meeting(opens_in=-1)
    draft, other = world.output(meeting), world.output(meeting, title="Another")
    for output, scanner in ((draft, VirusScanner("/nowhere.sock")), (other, None)):
        world.rendered(get_file(world, output).sha256, "The text.")
        add_pdf_of_file(replace(context, scanner=scanner), get_file(world, output).sha256)
        assert get_file(world, output).pdf

    with transaction(world.read) as session:
        assert list_files_awaiting_scan(session) == [(get_file(world, draft).pdf, None)]
    with pytest.raises(Conflict, match="not been checked"):
        world.adopted(meeting, draft=draft)
    assert world.adopted(meeting, draft=other)


def test_drafts_from_before_texts_had_a_pdf_get_theirs(world: World, context: WorkerContext) -> None:
    meeting = world.meeting(opens_in=-1)
    draft, other = world.output(meeting), world.output(meeting, title="Not converted yet")
    world.rendered(get_file(world, draft).sha256, "The text.")

    add_missing_pdfs(context)

    assert get_file(world, draft).pdf
    assert get_file(world, other).pdf is None


def test_an_output_that_fails_does_not_keep_the_pdf_from_the_others(
    world: World, context: WorkerContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    meeting = world.meeting(opens_in=-1)
    drafts = [world.output(meeting, title=title) for title in ("One", "Another")]
    for draft in drafts:
        world.rendered(get_file(world, draft).sha256, "The text.")
    settled = []

    def fail_first(session: WriteSession, output: UUID) -> bool:
        settled.append(output)
        if len(settled) == 1:
            raise RuntimeError("of a test")
        return settle_procedure(session, output)

    monkeypatch.setattr(draft_texts, "settle_procedure", fail_first)

    add_missing_pdfs(context)

    assert {draft.id for draft in drafts if get_file(world, draft).pdf} == set(settled[1:])
    assert len(settled) == 2


@needs_soffice
def test_the_pdf_that_the_service_made_of_a_docx_is_kept_with_the_text(world: World, context: WorkerContext) -> None:
    draft = world.output(world.meeting(opens_in=-1))
    file = get_file(world, draft).sha256
    render_file(replace(context, file_service=FileServiceOptions(soffice=SOFFICE)), file)

    add_pdf_of_file(context, file)

    pdf = get_file(world, draft)
    content = b"".join(context.store.iter_chunks(pdf.pdf))
    assert content.startswith(b"%PDF-")
    assert len(content) == pdf.pdf_size
