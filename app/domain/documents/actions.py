"""Registering documents and taking numbers. A number is taken in the registering transaction: unique and gapless."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.core import clock, journal
from app.core.access import Actor
from app.core.db import ReadSession, WriteSession
from app.domain.bodies.models import Body
from app.domain.documents import events, rules
from app.domain.documents.inputs import NewDocument
from app.domain.documents.models import Counter, Document, LanguageVersion, Series


def register(session: WriteSession, actor: Actor, new: NewDocument) -> Document:
    """Give a document the next symbol of its series and put it, with its files, on the register."""
    rules.REGISTER.require(actor, new)
    series = one_series(session, new.body_id, new.series)
    number = take_number(session, series, new.scope)
    made = Document(
        body_id=new.body_id,
        series_id=series.id,
        scope=new.scope,
        number=number,
        symbol=symbol(session, series, new.scope, number),
        kind=new.kind,
        entity=new.entity,
        original=new.original,
        titles=new.titles,
        abstract=new.abstract,
        registered_at=clock.now(),
    )
    session.add(made)
    session.flush()
    for file in new.files:
        session.add(LanguageVersion(document_id=made.id, **{name: getattr(file, name) for name in file.__slots__}))
    journal.record(session, actor, events.DocumentRegistered(made.id, made.symbol), body=new.body_id)
    return made


def one_series(session: ReadSession, body: UUID, code: str) -> Series:
    """A series of a body, by its code. Every body is made with its series; a missing one is a fault."""
    return session.scalars(select(Series).where(Series.body_id == body, Series.code == code)).one()


def take_number(session: WriteSession, series: Series, scope: str) -> int:
    """The next number. Its counter is locked until the transaction ends; an abort gives it back."""
    next_one = (
        insert(Counter)
        .values(series_id=series.id, scope=scope, last=1)
        .on_conflict_do_update(index_elements=["series_id", "scope"], set_={"last": Counter.last + 1})
        .returning(Counter.last)
    )
    return session.scalars(next_one).one()


def symbol(session: ReadSession, series: Series, scope: str, number: int) -> str:
    """The symbol in the body's own format, such as `{prefix} {scope}/{number}`."""
    prefix = session.scalars(select(Body.prefix).where(Body.id == series.body_id)).one()
    return series.symbol.format(prefix=prefix, scope=scope, number=number)
