"""Which texts of outputs wait for their PDF. The worker asks, without an actor."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from app.core.db import ReadSession
from app.core.inspection.findings import PDF
from app.domain.files.models import Rendition, RenditionState
from app.domain.outputs.models import Output, OutputFile, OutputStatus, OutputTranslation


def list_outputs_awaiting_pdf(session: ReadSession, sha256: str | None = None) -> Sequence[UUID]:
    """List the outputs with a draft text, or a translation that is not approved, whose PDF was made and is not part of
    it yet; with `sha256`, those with that file."""
    made = [Rendition.pdf.is_not(None), Rendition.state != RenditionState.WAITING]
    made += [Rendition.sha256 == sha256] if sha256 else []
    of_drafts = (
        select(OutputFile.output_id)
        .join(Output, Output.id == OutputFile.output_id)
        .join(Rendition, Rendition.sha256 == OutputFile.sha256)
        .where(OutputFile.pdf.is_(None), OutputFile.media != PDF, Output.status == OutputStatus.DRAFT, *made)
    )
    of_translations = (
        select(OutputTranslation.output_id)
        .join(Rendition, Rendition.sha256 == OutputTranslation.sha256)
        .where(
            OutputTranslation.pdf.is_(None),
            OutputTranslation.media != PDF,
            OutputTranslation.approved.is_(None),
            OutputTranslation.released_at.is_(None),
            *made,
        )
    )
    return session.scalars(of_drafts.union(of_translations)).all()
