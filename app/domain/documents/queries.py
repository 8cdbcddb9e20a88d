"""Which documents an actor may see: all of the bodies where they have a seat, and what was opened to their category."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, and_, exists, func, or_, select

from app.core.access import Actor
from app.core.db import ReadSession, Titles
from app.core.errors import Conflict, Unknown
from app.core.i18n import say
from app.domain.bodies.models import Body, Office
from app.domain.documents.models import (
    Access,
    Counter,
    Document,
    DocumentCorrection,
    DocumentRelation,
    Edition,
    LanguageVersion,
    Relation,
    RelationTakenBack,
    Rows,
    Series,
    Sponsor,
    Step,
)
from app.domain.documents.rules import open_to
from app.domain.scans import queries as scans

FOUND_LATER = say(
    "The virus scanner found something in this file later on. It is not given out; a revision can bring it in a clean"
    " file."
)
TEXTS = (Step.TEXT, Step.REVISION)
"""The steps that are whole texts; the one with the highest number is in force."""

LISTED = (
    Document.id,
    Document.symbol,
    Document.kind,
    Document.entity,
    Document.original,
    Document.titles,
    Document.ended_as,
)
Listed = Row[UUID, str, str, str, str, Titles, str | None, list[str]]
"""id, symbol, kind, entity, original, titles, ended_as, languages."""


def visible(actor: Actor) -> Select[Document]:
    """The one statement from which every list, count, page and download of somebody signed in starts."""
    was_opened = and_(Document.ended_as.is_(None), Document.access.in_(open_to(actor.category)))
    return select(Document).where(or_(Document.body_id.in_(actor.bodies()), was_opened))


def public() -> Select[Document]:
    """The one statement from which everything starts that needs no sign-in."""
    return select(Document).where(Document.ended_as.is_(None), Document.access == Access.PUBLIC)


def one_visible(session: ReadSession, actor: Actor, document: UUID) -> Document:
    """That document, or Unknown."""
    return one_of(session, visible(actor), document)


def one_of(session: ReadSession, among: Select[Document], document: UUID) -> Document:
    """That document among those of a statement, or Unknown."""
    found = session.scalar(among.where(Document.id == document))
    if found is None:
        raise Unknown()
    return found


def by_symbol(session: ReadSession, actor: Actor, symbol: str) -> Edition:
    """The edition with that symbol; the symbol of a document means its newest text. Raises Unknown."""
    named = " ".join(symbol.split())
    found = session.scalar(visible(actor).where(Document.symbol == named))
    if found is not None:
        return in_force(session, found)
    seen = visible(actor).with_only_columns(Document.id)
    part = session.scalar(select(Edition).where(Edition.symbol == named, Edition.document_id.in_(seen)))
    if part is None:
        raise Unknown()
    return part


def listed(
    session: ReadSession,
    actor: Actor,
    *,
    body: UUID | None = None,
    scope: str | None = None,
    limit: int,
    offset: int = 0,
) -> Sequence[Listed]:
    """Documents as a list: of one meeting in the order of their numbers, else the latest first."""
    statement = _within(_as_list(visible(actor)), body, scope)
    ordered = statement.order_by(Document.registered_at.desc(), Document.number.desc())
    if scope is not None:
        ordered = statement.order_by(Document.series_id, Document.number)
    return session.execute(ordered.limit(limit).offset(offset)).all()


def those(session: ReadSession, actor: Actor, documents: Sequence[UUID]) -> Sequence[Listed]:
    """These documents as a list, in this order; without those that the actor may not see."""
    rows = session.execute(_as_list(visible(actor).where(Document.id.in_(documents)))).all()
    return sorted(rows, key=lambda row: documents.index(row.id))


def public_ones(session: ReadSession, *, limit: int, offset: int = 0) -> Sequence[Listed]:
    """The public documents, the latest first."""
    ordered = _as_list(public()).order_by(Document.registered_at.desc(), Document.number.desc())
    return session.execute(ordered.limit(limit).offset(offset)).all()


def how_many_public(session: ReadSession) -> int:
    """How many documents are public."""
    return session.scalar(public().with_only_columns(func.count(), maintain_column_froms=True)) or 0


def _as_list(among: Select[Document]) -> Select[*tuple[Any, ...]]:
    """The columns of a list; languages come with each row."""
    languages = (
        select(func.array_agg(LanguageVersion.language))
        .join(Edition, Edition.id == LanguageVersion.edition_id)
        .where(Edition.document_id == Document.id, Edition.step.in_(TEXTS), Edition.number == Document.revision)
        .scalar_subquery()
        .label("languages")
    )
    return among.with_only_columns(*LISTED, languages)


def how_many(session: ReadSession, actor: Actor, *, body: UUID | None = None, scope: str | None = None) -> int:
    """How many documents the same list would hold."""
    within = _within(visible(actor), body, scope).with_only_columns(func.count(), maintain_column_froms=True)
    return session.scalar(within) or 0


def _within(statement: Select[*tuple[Any, ...]], body: UUID | None, scope: str | None) -> Select[*tuple[Any, ...]]:
    if body is not None:
        statement = statement.where(Document.body_id == body)
    return statement if scope is None else statement.where(Document.scope == scope)


def editions(session: ReadSession, document: Document) -> Sequence[Edition]:
    """Every edition of a document that was found for the actor, the first text first."""
    return session.scalars(
        select(Edition).where(Edition.document_id == document.id).order_by(Edition.registered_at, Edition.number)
    ).all()


def one_edition(session: ReadSession, document: Document, step: Step, number: int) -> Edition:
    """That edition of a document that was found for the actor, or Unknown."""
    wanted = select(Edition).where(Edition.document_id == document.id, Edition.step == step, Edition.number == number)
    found = session.scalar(wanted)
    if found is None:
        raise Unknown()
    return found


def in_force(session: ReadSession, document: Document) -> Edition:
    """The text in force: the last revision, or the first text."""
    return session.scalars(
        select(Edition).where(
            Edition.document_id == document.id, Edition.step.in_(TEXTS), Edition.number == document.revision
        )
    ).one()


def proposals_of_text(document: Document) -> Rows:
    """What the text in force proposes, as it is kept."""
    return [row for row in document.proposals if row["part"] == 0]


def last_number(session: ReadSession, document: Document, step: Step) -> int:
    """The number of the last edition of this step; 0 if there is none."""
    statement = select(func.max(Edition.number)).where(Edition.document_id == document.id, Edition.step == step)
    return session.scalar(statement) or 0


def versions(session: ReadSession, edition: Edition) -> Sequence[LanguageVersion]:
    """The language versions of an edition that was found for the actor."""
    return session.scalars(
        select(LanguageVersion).where(LanguageVersion.edition_id == edition.id).order_by(LanguageVersion.language)
    ).all()


def one_version(session: ReadSession, edition: Edition, language: str) -> LanguageVersion:
    """The version in that language, to be read. Raises Unknown; Conflict if a virus was found in it later on."""
    found = session.get(LanguageVersion, (edition.id, language))
    if found is None:
        raise Unknown()
    if scans.infected(session, [found.sha256]):
        raise Conflict(FOUND_LATER)
    return found


def sponsors(session: ReadSession, edition: Edition) -> Sequence[Sponsor]:
    """Who signed an edition beside its submitter, and who supported it later, in order."""
    return session.scalars(
        select(Sponsor).where(Sponsor.edition_id == edition.id).order_by(Sponsor.joined_at, Sponsor.entity)
    ).all()


def all_versions(session: ReadSession, document: Document) -> Sequence[LanguageVersion]:
    """The language versions of every edition of a document that was found for the actor, the earliest first."""
    return session.scalars(
        select(LanguageVersion)
        .join(Edition, Edition.id == LanguageVersion.edition_id)
        .where(Edition.document_id == document.id)
        .order_by(LanguageVersion.supplied_at, LanguageVersion.language)
    ).all()


def corrections(session: ReadSession, document: Document) -> Sequence[DocumentCorrection]:
    """What was changed of what the register says of a document, the earliest first."""
    return session.scalars(
        select(DocumentCorrection)
        .where(DocumentCorrection.document_id == document.id)
        .order_by(DocumentCorrection.corrected_at, DocumentCorrection.what)
    ).all()


def related(
    session: ReadSession, among: Select[Document], document: Document
) -> Sequence[Row[DocumentRelation, Document, RelationTakenBack | None]]:
    """What the document says of others, and they of it: the relation, the other one, and that it was taken back.

    Only of those `among` which the reader finds any: a relation to what they may not see leaves no trace.
    """
    is_other = or_(
        and_(DocumentRelation.document_id == document.id, Document.id == DocumentRelation.other_id),
        and_(DocumentRelation.other_id == document.id, Document.id == DocumentRelation.document_id),
    )
    statement = (
        among.join(DocumentRelation, is_other)
        .outerjoin(RelationTakenBack, RelationTakenBack.relation_id == DocumentRelation.id)
        .with_only_columns(DocumentRelation, Document, RelationTakenBack)
    )
    return session.execute(statement.order_by(DocumentRelation.kind, Document.symbol, DocumentRelation.made_at)).all()


def one_relation(
    session: ReadSession, actor: Actor, document: Document, relation: UUID
) -> tuple[DocumentRelation, Document]:
    """A relation that this document states and the other one, which the actor may see too; or Unknown."""
    for found, other, _ in related(session, visible(actor), document):
        if found.id == relation and found.document_id == document.id:
            return found, other
    raise Unknown()


def holds(session: ReadSession, document: Document, kind: Relation, other: Document) -> bool:
    """Whether a document states this of another one, and has not taken it back."""
    taken_back = exists().where(RelationTakenBack.relation_id == DocumentRelation.id)
    stated = select(DocumentRelation.id).where(
        DocumentRelation.document_id == document.id,
        DocumentRelation.kind == kind,
        DocumentRelation.other_id == other.id,
        ~taken_back,
    )
    return session.scalar(stated) is not None


def ended(session: ReadSession, actor: Actor) -> Sequence[Document]:
    """Void and withdrawn numbers of the bodies that the actor is a secretary of, in the order of their symbols."""
    mine = Document.body_id.in_(actor.bodies(Office.SECRETARY))
    return session.scalars(
        visible(actor)
        .where(mine, Document.ended_as.is_not(None))
        .order_by(Document.series_id, Document.scope, Document.number)
    ).all()


def runs(session: ReadSession, actor: Actor) -> Sequence[Row[str, str, str, int]]:
    """The runs of numbers of the bodies that the actor is a secretary of: body, series, scope, last number given."""
    return session.execute(
        select(Body.prefix, Series.code, Counter.scope, Counter.last)
        .join(Series, Series.id == Counter.series_id)
        .join(Body, Body.id == Series.body_id)
        .where(Body.id.in_(actor.bodies(Office.SECRETARY)))
        .order_by(Body.prefix, Series.code, Counter.scope)
    ).all()
