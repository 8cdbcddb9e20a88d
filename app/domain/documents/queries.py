"""Read documents that an actor may see: those of bodies where they have a seat, and those opened to their category."""

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
"""Steps of whole texts, as opposed to addenda and corrigenda; the text with the highest number is in force."""

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
    """Select the documents that an actor may see: where all lists, counts, pages and downloads of signed-in people
    start."""
    was_opened = and_(Document.ended_as.is_(None), Document.access.in_(open_to(actor.category)))
    return select(Document).where(or_(Document.body_id.in_(actor.bodies()), was_opened))


def public() -> Select[Document]:
    """Select the public documents. Everything that needs no sign-in starts here."""
    return select(Document).where(Document.ended_as.is_(None), Document.access == Access.PUBLIC)


def one_visible(session: ReadSession, actor: Actor, document: UUID) -> Document:
    """Return a document that the actor may see. Raises NotFound."""
    return one_of(session, visible(actor), document)


def one_of(session: ReadSession, among: Select[Document], document: UUID) -> Document:
    """Return a document among those of a statement. Raises NotFound."""
    row = session.scalar(among.where(Document.id == document))
    if row is None:
        raise Unknown()
    return row


def by_symbol(session: ReadSession, actor: Actor, symbol: str) -> Edition:
    """Return the edition with that symbol; the symbol of a document means its text in force. Raises NotFound."""
    normalized = " ".join(symbol.split())
    document = session.scalar(visible(actor).where(Document.symbol == normalized))
    if document is not None:
        return in_force(session, document)
    visible_ids = visible(actor).with_only_columns(Document.id)
    edition = session.scalar(select(Edition).where(Edition.symbol == normalized, Edition.document_id.in_(visible_ids)))
    if edition is None:
        raise Unknown()
    return edition


def listed(
    session: ReadSession,
    actor: Actor,
    *,
    body: UUID | None = None,
    scope: str | None = None,
    limit: int,
    offset: int = 0,
) -> Sequence[Listed]:
    """List the documents that the actor may see: of one meeting by series and number, otherwise the latest first."""
    statement = _narrow(_select_list_columns(visible(actor)), body, scope)
    ordered = statement.order_by(Document.registered_at.desc(), Document.number.desc())
    if scope is not None:
        ordered = statement.order_by(Document.series_id, Document.number)
    return session.execute(ordered.limit(limit).offset(offset)).all()


def those(session: ReadSession, actor: Actor, documents: Sequence[UUID]) -> Sequence[Listed]:
    """List these documents in this order, without those that the actor may not see."""
    rows = session.execute(_select_list_columns(visible(actor).where(Document.id.in_(documents)))).all()
    return sorted(rows, key=lambda row: documents.index(row.id))


def public_ones(session: ReadSession, *, limit: int, offset: int = 0) -> Sequence[Listed]:
    """List the public documents, the latest first."""
    ordered = _select_list_columns(public()).order_by(Document.registered_at.desc(), Document.number.desc())
    return session.execute(ordered.limit(limit).offset(offset)).all()


def how_many_public(session: ReadSession) -> int:
    """Count the public documents."""
    return session.scalar(public().with_only_columns(func.count(), maintain_column_froms=True)) or 0


def _select_list_columns(among: Select[Document]) -> Select[*tuple[Any, ...]]:
    """Select the columns of a list, with the languages of the text in force."""
    languages = (
        select(func.array_agg(LanguageVersion.language))
        .join(Edition, Edition.id == LanguageVersion.edition_id)
        .where(Edition.document_id == Document.id, Edition.step.in_(TEXTS), Edition.number == Document.revision)
        .scalar_subquery()
        .label("languages")
    )
    return among.with_only_columns(*LISTED, languages)


def how_many(session: ReadSession, actor: Actor, *, body: UUID | None = None, scope: str | None = None) -> int:
    """Count the documents that `list_documents` would list."""
    statement = _narrow(visible(actor), body, scope).with_only_columns(func.count(), maintain_column_froms=True)
    return session.scalar(statement) or 0


def _narrow(statement: Select[*tuple[Any, ...]], body: UUID | None, scope: str | None) -> Select[*tuple[Any, ...]]:
    """Narrow the statement to a body and a scope, where they are given."""
    if body is not None:
        statement = statement.where(Document.body_id == body)
    return statement if scope is None else statement.where(Document.scope == scope)


def editions(session: ReadSession, document: Document) -> Sequence[Edition]:
    """List every edition of a document in the order of registration. Access is checked by the caller."""
    return session.scalars(
        select(Edition).where(Edition.document_id == document.id).order_by(Edition.registered_at, Edition.number)
    ).all()


def one_edition(session: ReadSession, document: Document, step: Step, number: int) -> Edition:
    """Return an edition of a document. Access to the document is checked by the caller. Raises NotFound."""
    statement = select(Edition).where(
        Edition.document_id == document.id, Edition.step == step, Edition.number == number
    )
    edition = session.scalar(statement)
    if edition is None:
        raise Unknown()
    return edition


def in_force(session: ReadSession, document: Document) -> Edition:
    """Return the text in force: the last revision, or the first text."""
    return session.scalars(
        select(Edition).where(
            Edition.document_id == document.id, Edition.step.in_(TEXTS), Edition.number == document.revision
        )
    ).one()


def proposals_of_text(document: Document) -> Rows:
    """List the proposals of the text in force, as stored."""
    return [row for row in document.proposals if row["part"] == 0]


def last_number(session: ReadSession, document: Document, step: Step) -> int:
    """Return the number of the last edition of this step; 0 if there is none."""
    statement = select(func.max(Edition.number)).where(Edition.document_id == document.id, Edition.step == step)
    return session.scalar(statement) or 0


def versions(session: ReadSession, edition: Edition) -> Sequence[LanguageVersion]:
    """List the language versions of an edition. Access is checked by the caller."""
    return session.scalars(
        select(LanguageVersion).where(LanguageVersion.edition_id == edition.id).order_by(LanguageVersion.language)
    ).all()


def one_version(session: ReadSession, edition: Edition, language: str) -> LanguageVersion:
    """Return a language version for reading. Raises NotFound; Conflict if a virus was found in it later."""
    version = session.get(LanguageVersion, (edition.id, language))
    if version is None:
        raise Unknown()
    if scans.infected(session, [version.sha256]):
        raise Conflict(FOUND_LATER)
    return version


def sponsors(session: ReadSession, edition: Edition) -> Sequence[Sponsor]:
    """List the States that signed an edition or supported it later, in the order of joining."""
    return session.scalars(
        select(Sponsor).where(Sponsor.edition_id == edition.id).order_by(Sponsor.joined_at, Sponsor.entity)
    ).all()


def all_versions(session: ReadSession, document: Document) -> Sequence[LanguageVersion]:
    """List the language versions of all editions of a document, the earliest first. Access is checked by the caller."""
    return session.scalars(
        select(LanguageVersion)
        .join(Edition, Edition.id == LanguageVersion.edition_id)
        .where(Edition.document_id == document.id)
        .order_by(LanguageVersion.supplied_at, LanguageVersion.language)
    ).all()


def corrections(session: ReadSession, document: Document) -> Sequence[DocumentCorrection]:
    """List the changes of a registered document, the earliest first."""
    return session.scalars(
        select(DocumentCorrection)
        .where(DocumentCorrection.document_id == document.id)
        .order_by(DocumentCorrection.corrected_at, DocumentCorrection.what)
    ).all()


def related(
    session: ReadSession, among: Select[Document], document: Document
) -> Sequence[Row[DocumentRelation, Document, RelationTakenBack | None]]:
    """List the relations of a document in both directions: the relation, the other document, the revocation or None.

    Only relations to documents among `candidates` are listed: one to a document that the reader may not see leaves no
    trace.
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
    """Return a relation that this document states, and the other document, which the actor may see. Raises NotFound."""
    for row, other, _ in related(session, visible(actor), document):
        if row.id == relation and row.document_id == document.id:
            return row, other
    raise Unknown()


def holds(session: ReadSession, document: Document, kind: Relation, other: Document) -> bool:
    """Return whether a document states this relation to another one and has not revoked it."""
    is_revoked = exists().where(RelationTakenBack.relation_id == DocumentRelation.id)
    statement = select(DocumentRelation.id).where(
        DocumentRelation.document_id == document.id,
        DocumentRelation.kind == kind,
        DocumentRelation.other_id == other.id,
        ~is_revoked,
    )
    return session.scalar(statement) is not None


def ended(session: ReadSession, actor: Actor) -> Sequence[Document]:
    """List void and withdrawn documents, by series and number, in bodies where the actor is a secretary."""
    in_bodies = Document.body_id.in_(actor.bodies(Office.SECRETARY))
    return session.scalars(
        visible(actor)
        .where(in_bodies, Document.ended_as.is_not(None))
        .order_by(Document.series_id, Document.scope, Document.number)
    ).all()


def runs(session: ReadSession, actor: Actor) -> Sequence[Row[str, str, str, int]]:
    """List prefix, series, scope and last number of the counters of bodies where the actor is a secretary."""
    return session.execute(
        select(Body.prefix, Series.code, Counter.scope, Counter.last)
        .join(Series, Series.id == Counter.series_id)
        .join(Body, Body.id == Series.body_id)
        .where(Body.id.in_(actor.bodies(Office.SECRETARY)))
        .order_by(Body.prefix, Series.code, Counter.scope)
    ).all()
