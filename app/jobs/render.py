"""The job that makes a file ready for reading: its text, a PDF, a picture of its first page."""

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
    """Something that ought to have been made was not."""


def render(desk: Desk, sha256: str) -> None:
    """Make all there is to make of one file, unless it was made before.

    Raises NotWhole if it is to be tried again. After the third time the file is noted as one of which no preview can
    be made, with what could be.
    """
    with TemporaryDirectory(prefix="cwg-render-") as place:
        folder = Path(place)
        source = folder / "source"
        with source.open("wb") as out:
            out.writelines(desk.store.pieces(sha256))
        with transaction(desk.write) as session:
            if not actions.begin_rendering(session, sha256):
                return
        made = make(source, kind_of(source), folder, desk.soffice)
        state = _keep(desk, sha256, made)
    log.info("file rendered", file=sha256, state=state.value)
    if state is State.WAITING:
        raise NotWhole(sha256)


def render_document(desk: Desk, document: UUID) -> None:
    """The same for every file of every edition of a document. Raises NotWhole for the first that is not whole."""
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
    """The gate has seen to it that there are only these two."""
    with source.open("rb") as file:
        return PDF if file.read(5) == b"%PDF-" else DOCX


def _keep(desk: Desk, sha256: str, made: Rendered) -> State:
    """Files first, then the row that names them. A store or database that is down is not the file's fault."""
    try:
        picture = _kept_picture(desk.store, made)
        pdf = _kept(desk.store, made.pdf) if made.pdf else None
        size = made.pdf.stat().st_size if made.pdf else None
        with transaction(desk.write) as session:
            return actions.keep_rendered(
                session, sha256, Made(made.paragraphs, made.pages, pdf, size, picture, made.whole)
            )
    except (Unavailable, OperationalError, OSError):
        with transaction(desk.write) as session:
            actions.give_back_try(session, sha256)
        raise


def _kept(store: Store, path: Path) -> str:
    sha256 = digest_of(path)
    store.keep(path, sha256)
    return sha256


def _kept_picture(store: Store, made: Rendered) -> str | None:
    if made.picture is None:
        return None
    with TemporaryDirectory(prefix="cwg-render-") as place:
        path = Path(place) / "picture"
        path.write_bytes(made.picture)
        return _kept(store, path)
