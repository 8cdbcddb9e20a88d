"""The series of a body: how the symbols of its documents are made."""

from collections.abc import Sequence

from sqlalchemy import func, select

from app.core.db import ReadSession
from app.domain.bodies.models import Body
from app.domain.documents.models import DocumentSeries


def list_first_symbols(session: ReadSession, body: Body) -> Sequence[str]:
    """List the symbol that the first document of the first meeting has in each series of a body."""
    of_body = select(DocumentSeries.symbol).where(DocumentSeries.body_id == body.id)
    formats = session.scalars(of_body.order_by(func.length(DocumentSeries.symbol), DocumentSeries.symbol))
    return [each.format(prefix=body.prefix, scope="1", number=1) for each in formats]
