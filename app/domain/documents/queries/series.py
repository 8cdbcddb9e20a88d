"""The series of a body: how the symbols of its documents are made, and the last number of each."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Row, func, select

from app.core.db import ReadSession
from app.core.permissions import Actor
from app.domain.bodies.models import Body, Office
from app.domain.bodies.queries.bodies import ORDER_OF_BODIES
from app.domain.documents.models import DocumentSeries, SeriesCounter


def list_first_symbols(session: ReadSession, body: Body) -> Sequence[tuple[str, str]]:
    """List the code of each series of a body, with the symbol of the first document of the first meeting in it."""
    of_body = select(DocumentSeries.code, DocumentSeries.symbol).where(DocumentSeries.body_id == body.id)
    series = session.execute(of_body.order_by(func.length(DocumentSeries.symbol), DocumentSeries.symbol))
    return [(row.code, row.symbol.format(prefix=body.prefix, scope="1", number=1)) for row in series]


def list_series_counters(session: ReadSession, actor: Actor) -> Sequence[Row[str, str, str, int]]:
    """List prefix, series, scope and last number of the counters of bodies where the actor is a secretary."""
    return session.execute(
        select(Body.prefix, DocumentSeries.code, SeriesCounter.scope, SeriesCounter.last)
        .join(DocumentSeries, DocumentSeries.id == SeriesCounter.series_id)
        .join(Body, Body.id == DocumentSeries.body_id)
        .where(Body.id.in_(actor.bodies_with_role(Office.SECRETARY)))
        .order_by(*ORDER_OF_BODIES, DocumentSeries.code, SeriesCounter.scope)
    ).all()


def get_series(session: ReadSession, body_id: UUID, code: str) -> DocumentSeries:
    """Return a series of a body by its code.

    Raises NoResultFound for an unknown one: bodies are created with theirs.
    """
    return session.scalars(
        select(DocumentSeries).where(DocumentSeries.body_id == body_id, DocumentSeries.code == code)
    ).one()


def format_symbol_in_series(session: ReadSession, series: DocumentSeries, scope: str, number: int) -> str:
    """Format the symbol in the format of the series, such as `{prefix} {scope}/{number}`."""
    prefix = session.scalars(select(Body.prefix).where(Body.id == series.body_id)).one()
    return series.symbol.format(prefix=prefix, scope=scope, number=number)
