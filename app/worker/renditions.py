"""Jobs that make renditions of files: text, PDF, and a picture of the first page."""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from app.core.db import transaction
from app.core.errors import Unavailable
from app.core.file_service.client import ServiceInterrupted
from app.core.file_service.fair_slots import RENDITIONS, get_draft_party
from app.core.inspection import DOCX, PDF
from app.core.rendering import RenderedDocument
from app.core.rendering import render_document as make
from app.core.rendering.template_filling import RenderingBusy
from app.core.storage import Store, hash_file
from app.domain.contributions.models import Contribution
from app.domain.documents.models import Edition, LanguageVersion
from app.domain.files import actions, queries
from app.domain.files.inputs import RenditionResult
from app.domain.files.models import RenditionState
from app.worker.release import WorkerContext
from app.worker.subscriptions import CONTRIBUTION_FACT, RENDER, RENDER_DOCUMENT, STATE_FACT
from app.worker.tasks import EventTask, retry_on

log = structlog.get_logger(__name__)


class IncompleteRenditionError(Exception):
    """A part of the rendition that should have been made was not; the job is retried."""


def render_file(context: WorkerContext, sha256: str, state: str = "", contribution: str = "") -> None:
    """Make the renditions of one file, unless they exist. `contribution` is the one to which it belongs, if it does:
    they are made for that alone. `state` is the entity that writes it.

    Raises IncompleteRenditionError, RenderingBusy or Unavailable if it is to be retried. After the third attempt the
    file is marked as one without a preview, with the parts that could be made.
    """
    job = RenderingJob(context, sha256, UUID(contribution) if contribution else None)
    with TemporaryDirectory(prefix="cwg-render-") as directory:
        folder = Path(directory)
        source = folder / "source"
        with source.open("wb") as out:
            out.writelines(context.store.iter_chunks(sha256))
        with transaction(context.write_sessions) as session:
            if not actions.count_rendering_attempt(session, sha256, contribution=job.contribution):
                return
            is_alone = queries.was_interrupted(session, sha256, contribution=job.contribution)
        rendered = job.render(source, party=get_draft_party(state) if state else RENDITIONS, is_alone=is_alone)
        saved = job.save(rendered)
    log.info("file rendered", file=sha256, rendition=saved.value)
    if saved is RenditionState.WAITING:
        raise IncompleteRenditionError(sha256)


def render_document_files(context: WorkerContext, document_id: UUID) -> None:
    """Make the renditions of all files of a document; those that its contribution has are copied. Raises
    IncompleteRenditionError for the first incomplete one."""
    with transaction(context.write_sessions) as session:
        files = session.execute(
            select(LanguageVersion.sha256, Contribution.id)
            .join(Edition, Edition.id == LanguageVersion.edition_id)
            .outerjoin(Contribution, Contribution.edition_id == Edition.id)
            .where(Edition.document_id == document_id)
            .distinct()
        ).all()
    for sha256, contribution in files:
        with transaction(context.write_sessions) as session:
            if contribution and actions.copy_contribution_rendition(session, sha256, contribution):
                continue
        render_file(context, sha256)


def detect_format(source: Path) -> str:
    """Detect whether a file is PDF or DOCX; the inspection at upload admits no others."""
    with source.open("rb") as file:
        return PDF if file.read(5) == b"%PDF-" else DOCX


@dataclass(frozen=True, slots=True)
class RenderingJob:
    """The rendering of one file, for a contribution if it is a file of one."""

    context: WorkerContext
    sha256: str
    contribution: UUID | None

    def render(self, source: Path, *, party: str, is_alone: bool) -> RenderedDocument:
        """Render the file. If the service that opens files is not there or has no slot, the attempt is not counted; if
        it ended with the file, it is, and the next one runs alone: what others hand in costs no file its preview.
        Raises RenderingBusy or Unavailable."""
        media_type, service = detect_format(source), self.context.file_service
        try:
            return make(source, media_type, source.parent, service, party=party, is_alone=is_alone)
        except ServiceInterrupted:  # perhaps by this file
            log.warning("the service that opens files ended while it had a file", file=self.sha256)
            with transaction(self.context.write_sessions) as session:
                actions.note_interruption(session, self.sha256, contribution=self.contribution)
            raise
        except (Unavailable, RenderingBusy):
            self._uncount_attempt()
            raise

    def save(self, rendered: RenderedDocument) -> RenditionState:
        """Store the files, then the row that refers to them. If store or database are down, the attempt is not
        counted. Raises their errors."""
        store = self.context.store
        try:
            picture = _store_picture(store, rendered)
            pdf = _store_file(store, rendered.pdf) if rendered.pdf else None
            size = rendered.pdf.stat().st_size if rendered.pdf else None
            result = RenditionResult(
                rendered.paragraphs,
                rendered.pages,
                pdf,
                size,
                picture,
                rendered.is_complete,
                rendered.undrawn,
                rendered.heading_levels,
            )
            with transaction(self.context.write_sessions) as session:
                return actions.save_rendition(session, self.sha256, result, contribution=self.contribution)
        except (Unavailable, OperationalError, OSError):
            self._uncount_attempt()
            raise

    def _uncount_attempt(self) -> None:
        with transaction(self.context.write_sessions) as session:
            actions.uncount_rendering_attempt(session, self.sha256, contribution=self.contribution)


def _store_file(store: Store, path: Path) -> str:
    sha256 = hash_file(path)
    store.put(path, sha256)
    return sha256


def _store_picture(store: Store, rendered: RenderedDocument) -> str | None:
    if rendered.picture is None:
        return None
    with TemporaryDirectory(prefix="cwg-render-") as directory:
        path = Path(directory) / "picture"
        path.write_bytes(rendered.picture)
        return _store_file(store, path)


RETRY = retry_on(IncompleteRenditionError, RenderingBusy)
TASKS = (
    EventTask(RENDER, render_file, "file", str, RETRY, (STATE_FACT, CONTRIBUTION_FACT)),
    EventTask(RENDER_DOCUMENT, render_document_files, "document", retry=RETRY),
)
