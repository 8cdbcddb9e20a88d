"""Compare sealed documents with what they were made from: forwarded outputs, and adopted reports of meetings."""

from collections.abc import Iterator, Mapping

from sqlalchemy import select

from app.core.db import ReadSession
from app.domain.documents.models import (
    CorrectedField,
    Document,
    DocumentAccess,
    DocumentCorrection,
    Edition,
    EditionStep,
    LanguageVersion,
)
from app.domain.outputs.models import Forwarding, Output
from app.domain.outputs.queries.forwarding import get_access_of_document
from app.domain.outputs.queries.translations import list_released_texts
from app.domain.reports.models import Report

ACCESS_LEVELS = (DocumentAccess.GROUP, DocumentAccess.MEMBERSHIP, DocumentAccess.PUBLIC)
"""From the fewest readers to all."""


def find_sealed_document_faults(session: ReadSession) -> Iterator[str]:
    """Yield a fault for each document made from something adopted that is not as that is: unsealed, with another text,
    or with a wider audience. Of an ended document nothing is given out, so its audience does not count."""
    for document, output in session.execute(
        select(Document, Output)
        .join(Forwarding, Forwarding.document_id == Document.id)
        .join(Output, Output.id == Forwarding.output_id)
        .order_by(Document.symbol)
    ):
        texts = {text.language: text.sha256 for text in list_released_texts(session, output)}
        yield from _find_seal_faults(session, document, texts)
        if _is_wider(document, get_access_of_document(session, output)):
            yield f"{document.symbol} is open to more readers than {output.symbol}, from which it was made"
    reports = select(Document).join(Report, Report.document_id == Document.id).order_by(Document.symbol)
    for document in session.scalars(reports):
        yield from _find_seal_faults(session, document, None)
        if _is_wider(document, DocumentAccess.GROUP):
            yield f"{document.symbol} is the report of a meeting, and is open to others than its body"


def _is_wider(document: Document, access: DocumentAccess) -> bool:
    """Return whether more people read the document than have this access."""
    narrower = ACCESS_LEVELS[: ACCESS_LEVELS.index(access) + 1]
    return document.ended_as is None and document.access not in narrower


def _find_seal_faults(session: ReadSession, document: Document, texts: Mapping[str, str] | None) -> Iterator[str]:
    """Yield what was changed of a document that only its source may change; `texts` are the digests of the source by
    language, None if the source has no files."""
    if not document.sealed:
        yield f"{document.symbol} was made from something adopted, and is not sealed"
    added = Edition.document_id == document.id, Edition.step != EditionStep.TEXT
    for symbol in session.scalars(select(Edition.symbol).where(*added).order_by(Edition.registered_at)):
        yield f"{symbol} is a text that was added to something adopted"
    files = session.scalars(
        select(LanguageVersion)
        .join(Edition, Edition.id == LanguageVersion.edition_id)
        .where(Edition.document_id == document.id, Edition.step == EditionStep.TEXT)
    ).all()
    if texts is not None and not (files and {(file.language, file.sha256) for file in files} <= texts.items()):
        yield f"{document.symbol} is not the text that it was made from"
    elif texts is None and len(files) != 1:
        yield f"{document.symbol} is the report of a meeting, with translations that nobody adopted"
    corrected = select(DocumentCorrection.what).where(
        DocumentCorrection.document_id == document.id, DocumentCorrection.what != CorrectedField.ACCESS
    )
    for what in sorted(set(session.scalars(corrected))):
        yield f"{document.symbol} was adopted, and its {what} was corrected"
