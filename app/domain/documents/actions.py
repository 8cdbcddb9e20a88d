"""Registering documents and taking numbers. A number is taken in the registering transaction: unique and gapless."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from app.core import clock, journal
from app.core.access import Actor
from app.core.db import ReadSession, WriteSession
from app.domain.bodies.models import Body
from app.domain.documents import events, queries, rules
from app.domain.documents.inputs import NewDocument, NewEdition
from app.domain.documents.models import Counter, Document, Edition, LanguageVersion, Series, Sponsor, Step

SUFFIXES = {Step.REVISION: "Rev", Step.ADDENDUM: "Add", Step.CORRIGENDUM: "Corr"}


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
        original=new.text.original,
        titles=new.text.titles,
        abstract=new.text.abstract,
        access=new.access,
        registered_at=clock.now(),
    )
    session.add(made)
    session.flush()
    _put_edition(session, actor, made, NewEdition(step=Step.TEXT, text=new.text), 0, made.symbol)
    journal.record(session, actor, events.DocumentRegistered(made.id, made.symbol), body=new.body_id)
    return made


def add_edition(session: WriteSession, actor: Actor, document: Document, new: NewEdition) -> Edition:
    """Put a revision, an addendum or a corrigendum on the register: `… (Rev.1)`, numbered within the document.

    A revision is the text in force from now on. The document is locked, so that two of them get two numbers.
    """
    rules.REGISTER.require(actor, document)
    session.refresh(document, with_for_update=True)
    number = queries.last_number(session, document, new.step) + 1
    made = _put_edition(session, actor, document, new, number, f"{document.symbol} ({SUFFIXES[new.step]}.{number})")
    if new.step is Step.REVISION:
        document.revision, document.original = number, new.text.original
        document.titles, document.abstract = new.text.titles, new.text.abstract
    happened = events.EditionRegistered(document.id, made.id, made.symbol)
    journal.record(session, actor, happened, body=document.body_id)
    return made


def _put_edition(
    session: WriteSession, actor: Actor, document: Document, new: NewEdition, number: int, symbol: str
) -> Edition:
    made = Edition(
        document_id=document.id,
        step=new.step,
        number=number,
        symbol=symbol,
        original=new.text.original,
        titles=new.text.titles,
        abstract=new.text.abstract,
        note=new.note,
        only_language=new.only_language,
        registered_at=clock.now(),
        registered_by=actor.person,
    )
    session.add(made)
    session.flush()
    for file in new.text.files:
        session.add(LanguageVersion(edition_id=made.id, **{name: getattr(file, name) for name in file.__slots__}))
    for entity, person in new.text.signed_by:
        session.add(Sponsor(edition_id=made.id, entity=entity, signed=True, person_id=person, joined_at=clock.now()))
    return made


def support(session: WriteSession, actor: Actor, document: Document) -> None:
    """Another State says that it supports the text in force. Who signed it stays as it was registered."""
    rules.SUPPORT.require(actor, document)
    edition = queries.in_force(session, document)
    if session.get(Sponsor, (edition.id, actor.entity)) is not None:
        return
    session.add(
        Sponsor(edition_id=edition.id, entity=actor.entity, signed=False, person_id=actor.person, joined_at=clock.now())
    )
    journal.record(session, actor, events.DocumentSupported(document.id, edition.id), body=document.body_id)


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
