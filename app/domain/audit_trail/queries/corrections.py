"""Old and new values of corrections in the register, which lines of the journal name."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from app.core.db import ReadSession
from app.core.journal import JournalLine
from app.core.permissions import Actor
from app.domain.documents.events import DocumentCorrected
from app.domain.documents.models import Document, DocumentCorrection
from app.domain.documents.queries.documents import list_visible_documents


@dataclass(frozen=True, slots=True)
class CorrectionText:
    """What was corrected, and its value before and after."""

    what: str
    old: str
    new: str


def find_corrections(session: ReadSession, actor: Actor, lines: Iterable[JournalLine]) -> dict[UUID, CorrectionText]:
    """Find the corrections that these lines name, by id: of documents that the actor may see, in bodies where the actor
    has a seat."""
    named = [UUID(str(line.facts["correction"])) for line in lines if line.event == DocumentCorrected.name]
    if not named:
        return {}
    in_own_bodies = Document.body_id.in_(actor.bodies_with_role())
    visible = list_visible_documents(actor).where(in_own_bodies).with_only_columns(Document.id)
    statement = select(
        DocumentCorrection.id, DocumentCorrection.what, DocumentCorrection.old, DocumentCorrection.new
    ).where(DocumentCorrection.id.in_(named), DocumentCorrection.document_id.in_(visible))
    return {row[0]: CorrectionText(*row[1:]) for row in session.execute(statement)}
