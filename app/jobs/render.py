"""Jobs that make renditions of files: text, PDF, and a picture of the first page."""

from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from app.core.db import transaction
from app.core.errors import Unavailable
from app.core.gate import DOCX, PDF
from app.core.render import Rendered, make
from app.core.store import Store, digest_of
from app.domain.documents.models import Edition, LanguageVersion
from app.domain.renditions import actions
from app.domain.renditions.inputs import Made
from app.domain.renditions.models import State
from app.jobs.disseminate import Desk

log = structlog.get_logger(__name__)


class NotWhole(Exception):  # noqa: N818 - what it is; the job is tried again
    """A part of the rendition that should have been made was not; the job is retried."""


def render(desk: Desk, sha256: str) -> None:
    """Make the renditions of one file, unless they exist.

    Raises IncompleteRenditionError if it is to be retried. After the third attempt the file is marked as one without a
    preview, with the parts that could be made.
    """
    with TemporaryDirectory(prefix="cwg-render-") as directory:
        folder = Path(directory)
        source = folder / "source"
        with source.open("wb") as out:
            out.writelines(desk.store.pieces(sha256))
        with transaction(desk.write) as session:
            if not actions.begin_rendering(session, sha256):
                return
        rendered = make(source, kind_of(source), folder, desk.soffice)
        state = _save(desk, sha256, rendered)
    log.info("file rendered", file=sha256, state=state.value)
    if state is State.WAITING:
        raise NotWhole(sha256)


def render_document(desk: Desk, document: UUID) -> None:
    """Make the renditions of all files of a document. Raises IncompleteRenditionError for the first incomplete one."""
    with transaction(desk.write) as session:
        files = session.scalars(
            select(LanguageVersion.sha256)
            .join(Edition, Edition.id == LanguageVersion.edition_id)
            .where(Edition.document_id == document)
            .distinct()
        ).all()
    for sha256 in files:
        render(desk, sha256)


def kind_of(source: Path) -> str:
    """Detect whether a file is PDF or DOCX; the inspection at upload admits no others."""
    with source.open("rb") as file:
        return PDF if file.read(5) == b"%PDF-" else DOCX


def _save(context: Desk, sha256: str, rendered: Rendered) -> State:
    """Store the files, then the row that refers to them. If store or database are down, the attempt is not counted."""
    try:
        picture = _store_picture(context.store, rendered)
        pdf = _store_file(context.store, rendered.pdf) if rendered.pdf else None
        size = rendered.pdf.stat().st_size if rendered.pdf else None
        with transaction(context.write) as session:
            return actions.keep_rendered(
                session, sha256, Made(rendered.paragraphs, rendered.pages, pdf, size, picture, rendered.whole)
            )
    except (Unavailable, OperationalError, OSError):
        with transaction(context.write) as session:
            actions.give_back_try(session, sha256)
        raise


def _store_file(store: Store, path: Path) -> str:
    sha256 = digest_of(path)
    store.keep(path, sha256)
    return sha256


def _store_picture(store: Store, rendered: Rendered) -> str | None:
    if rendered.picture is None:
        return None
    with TemporaryDirectory(prefix="cwg-render-") as directory:
        path = Path(directory) / "picture"
        path.write_bytes(rendered.picture)
        return _store_file(store, path)
