"""Which documents an actor may see: all that are registered in the bodies where they have a seat."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Row, Select, func, select

from app.core.access import Actor
from app.core.db import ReadSession, Titles
from app.core.errors import Unknown
from app.domain.documents.models import Document, Edition, LanguageVersion, Sponsor, Step

TEXTS = (Step.TEXT, Step.REVISION)
"""The steps that are whole texts; the one with the highest number is in force."""

LISTED = (Document.id, Document.symbol, Document.kind, Document.entity, Document.original, Document.titles)
Listed = Row[UUID, str, str, str, str, Titles, list[str]]
"""id, symbol, kind, entity, original, titles, languages."""


def visible(actor: Actor) -> Select[Document]:
    """The one statement from which every list, count, page and download starts."""
    return select(Document).where(Document.body_id.in_(actor.bodies()))


def one_visible(session: ReadSession, actor: Actor, document: UUID) -> Document:
    """That document, or Unknown."""
    found = session.scalar(visible(actor).where(Document.id == document))
    if found is None:
        raise Unknown()
    return found


def listed(
    session: ReadSession,
    actor: Actor,
    *,
    body: UUID | None = None,
    scope: str | None = None,
    limit: int,
    offset: int = 0,
) -> Sequence[Listed]:
    """Documents as a list, in the order of their numbers; languages come with each row."""
    languages = (
        select(func.array_agg(LanguageVersion.language))
        .join(Edition, Edition.id == LanguageVersion.edition_id)
        .where(Edition.document_id == Document.id, Edition.step.in_(TEXTS), Edition.number == Document.revision)
        .scalar_subquery()
        .label("languages")
    )
    statement = _within(visible(actor), body, scope).with_only_columns(*LISTED, languages)
    ordered = statement.order_by(Document.registered_at.desc(), Document.number.desc())
    if scope is not None:
        ordered = statement.order_by(Document.series_id, Document.number)
    return session.execute(ordered.limit(limit).offset(offset)).all()


def how_many(session: ReadSession, actor: Actor, *, body: UUID | None = None, scope: str | None = None) -> int:
    """How many documents the same list would hold."""
    within = _within(visible(actor), body, scope).with_only_columns(func.count(), maintain_column_froms=True)
    return session.scalar(within) or 0


def _within(statement: Select[Document], body: UUID | None, scope: str | None) -> Select[Document]:
    if body is not None:
        statement = statement.where(Document.body_id == body)
    return statement if scope is None else statement.where(Document.scope == scope)


def editions(session: ReadSession, document: Document) -> Sequence[Edition]:
    """Every edition of a document that was found for the actor, the first text first."""
    return session.scalars(
        select(Edition).where(Edition.document_id == document.id).order_by(Edition.registered_at, Edition.number)
    ).all()


def in_force(session: ReadSession, document: Document) -> Edition:
    """The text in force: the last revision, or the first text."""
    return session.scalars(
        select(Edition).where(
            Edition.document_id == document.id, Edition.step.in_(TEXTS), Edition.number == document.revision
        )
    ).one()


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
    """The version in that language, or Unknown."""
    found = session.get(LanguageVersion, (edition.id, language))
    if found is None:
        raise Unknown()
    return found


def sponsors(session: ReadSession, edition: Edition) -> Sequence[Sponsor]:
    """Who signed an edition beside its submitter, and who supported it later, in order."""
    return session.scalars(
        select(Sponsor).where(Sponsor.edition_id == edition.id).order_by(Sponsor.joined_at, Sponsor.entity)
    ).all()
