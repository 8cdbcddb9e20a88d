"""Rows of lists of documents, their sources and their files.

The cost of a list does not depend on the size of the archive: rows are read in the order of an index, only as many as
are shown.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Row,
    Select,
    and_,
    func,
    null,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.orm import InstrumentedAttribute

from app.core.database.kept_statements import keep_statement
from app.core.db import LocalizedText, ReadSession
from app.core.permissions import Actor
from app.domain.agendas.queries.placements import visible_agenda_placements
from app.domain.documents.models import Document, Edition, EditionStep, LanguageVersion, Sponsor
from app.domain.documents.queries.documents import WHOLE_TEXT_STEPS, list_visible_documents
from app.domain.files import queries as file_queries
from app.domain.files.models import Rendition
from app.domain.organizations.queries import select_codes_of_parties
from app.domain.search.inputs import DocumentListFilter, DocumentSearchScope
from app.domain.search.queries.document_filters import TEXT_IN_FORCE, select_documents
from app.domain.search.queries.sort_orders import order_documents

DocumentRow = tuple[
    UUID,
    str,
    str,
    str,
    str,
    str,
    LocalizedText,
    datetime,
    int,
    str | None,
    list[str],
    bool | None,
    list[str] | None,
    list[str] | None,
    str | None,
    UUID | None,
    UUID | None,
]
"""id, symbol, scope, kind, entity, original, titles, registered_at, revision, ended_as, topics, at_request,
languages, signed (entities that co-sign it), label, item_id, meeting_id."""
FileRow = tuple[UUID, str, str, bool, str, str, str, int, str, str | None, int | None]
"""document_id, symbol, edition, is_whole_text, original, language, media, size, sha256, and pdf with pdf_size of its
rendition."""
DOCUMENT_COLUMNS = (
    Document.id,
    Document.symbol,
    Document.scope,
    Document.kind,
    Document.entity,
    Document.original,
    Document.titles,
    Document.registered_at,
    Document.revision,
    Document.ended_as,
    Document.topics,
    Document.at_request,
)


def list_documents(
    session: ReadSession, actor: Actor, statement: Select[Document], sort: str, language: str, limit: int, offset: int
) -> Sequence[Row[*DocumentRow]]:
    """List a page of the selected documents in an order."""
    return session.execute(_select_page(actor, statement, sort, language, limit, offset)).all()


@keep_statement
def _select_page(
    actor: Actor, statement: Select[Document], sort: str, language: str, limit: int, offset: int
) -> Select[*tuple[Any, ...]]:
    """Select the rows of a page of the selected documents in an order.

    The ids of the page are selected first, so that the other columns are not computed for the pages before it.
    """
    keys = statement.with_only_columns(Document.id, maintain_column_froms=True)
    page = order_documents(keys, sort, language).limit(limit).offset(offset).subquery()
    on_page = select(Document).join(page, page.c.id == Document.id)
    return select_document_rows(actor, order_documents(on_page, sort, language))


def select_document_rows(actor: Actor, statement: Select[Document]) -> Select[*tuple[Any, ...]]:
    """Select columns instead of documents: also the languages of the text in force, its co-signatories, and its place
    on an agenda that the actor may see."""
    allocations = visible_agenda_placements(actor)
    languages = select(func.array_agg(LanguageVersion.language)).where(LanguageVersion.edition_id == Edition.id)
    co_signatories = select(func.array_agg(Sponsor.entity)).where(Sponsor.edition_id == Edition.id, Sponsor.signed)
    return (
        statement.outerjoin(Edition, and_(*TEXT_IN_FORCE))
        .outerjoin(allocations, allocations.c.document_id == Document.id)
        .with_only_columns(
            *DOCUMENT_COLUMNS,
            languages.scalar_subquery().label("languages"),
            co_signatories.scalar_subquery().label("signed"),
            allocations.c.label,
            allocations.c.item_id,
            allocations.c.meeting_id,
        )
    )


def list_document_ids(session: ReadSession, statement: Select[Document]) -> Sequence[UUID]:
    """List the ids of the selected documents in their order."""
    return session.scalars(statement.with_only_columns(Document.id, maintain_column_froms=True)).all()


def list_sources_of_all_documents(session: ReadSession, actor: Actor) -> Sequence[str]:
    """List the codes of the entities that submitted or signed documents which the actor may see.

    Its cost depends on the number of entities, not on the size of the archive: from each code, the next one that has
    such a document is read from an index.
    """
    return session.scalars(_select_sources_of_all_documents(actor)).all()


@keep_statement
def _select_sources_of_all_documents(actor: Actor) -> CompoundSelect[str]:
    visible = list_visible_documents(actor)
    in_force = visible.join(Edition, and_(*TEXT_IN_FORCE)).join(Sponsor, Sponsor.edition_id == Edition.id)
    submitters = _walk_codes(visible, Document.entity)
    signatories = _walk_codes(in_force.where(Sponsor.signed), Sponsor.entity)
    return submitters.union(signatories)


def _walk_codes(documents: Select[Document], column: InstrumentedAttribute[str]) -> Select[str]:
    """Select each code of an indexed column that has one of these documents: the first, and from each the next. Each is
    read up to its first document: PostgreSQL makes a join of EXISTS, and then reads the whole archive once for each."""
    codes = documents.with_only_columns(column, maintain_column_froms=True).order_by(column).limit(1)
    walked = select(codes.scalar_subquery().label("code")).cte(recursive=True)
    following = codes.where(column > walked.c.code).scalar_subquery()
    every = walked.union_all(select(following).where(walked.c.code.is_not(None)))
    return select(every.c.code).where(every.c.code.is_not(None))


def list_document_sources(session: ReadSession, actor: Actor, scope: DocumentSearchScope) -> Sequence[str]:
    """List the codes of the entities that submitted or signed documents of a meeting."""
    columns = (Document.id, Document.entity, Document.revision)
    documents = select_documents(actor, scope, DocumentListFilter()).with_only_columns(*columns).cte("every")
    signed = (
        select(Sponsor.entity)
        .join(Edition, Edition.id == Sponsor.edition_id)
        .join(documents, documents.c.id == Edition.document_id)
        .where(Sponsor.signed, Edition.step.in_(WHOLE_TEXT_STEPS), Edition.number == documents.c.revision)
    )
    return session.scalars(select(documents.c.entity).union(signed)).all()


def list_other_sources(session: ReadSession, actor: Actor) -> Sequence[str]:
    """List the codes of the parties that are no States and submitted documents that the actor may see."""
    documents = select_documents(actor, DocumentSearchScope(), DocumentListFilter()).with_only_columns(Document.id)
    parties = select_codes_of_parties().subquery()
    sent = documents.where(Document.entity == parties.c.code).correlate(parties).exists()
    return session.scalars(select(parties.c.code).where(sent)).all()


def list_document_files(
    session: ReadSession, statement: Select[Document], language: str | None, limit: int
) -> Sequence[Row[*FileRow]]:
    """List the files of the selected documents: texts in force, addenda and corrigenda, in one language or all.

    Withdrawn and void documents have none; infected files are left out.
    """
    is_current = or_(Edition.step.not_in(WHOLE_TEXT_STEPS), Edition.number == Document.revision)
    of_language = LanguageVersion.language == language if language else null().is_(None)
    return session.execute(
        statement.join(Edition, Edition.document_id == Document.id)
        .join(LanguageVersion, LanguageVersion.edition_id == Edition.id)
        .outerjoin(Rendition, Rendition.sha256 == LanguageVersion.sha256)
        .where(
            Document.ended_as.is_(None),
            is_current,
            of_language,
            ~file_queries.build_infected_condition(LanguageVersion.sha256),
        )
        .with_only_columns(
            Document.id.label("document_id"),
            Document.symbol,
            Edition.symbol.label("edition"),
            Edition.step.in_(WHOLE_TEXT_STEPS).label("is_whole_text"),
            Edition.original,
            LanguageVersion.language,
            LanguageVersion.media,
            LanguageVersion.size,
            LanguageVersion.sha256,
            Rendition.pdf,
            Rendition.pdf_size,
        )
        .order_by(None)
        .order_by(
            Document.scope, Document.series_id, Document.number, _step_order(), Edition.number, LanguageVersion.language
        )
        .limit(limit)
    ).all()


def _step_order() -> ColumnElement[int]:
    """Sort key of editions: the text first, then addenda, then corrigenda."""
    order = array([EditionStep.TEXT, EditionStep.REVISION, EditionStep.ADDENDUM, EditionStep.CORRIGENDUM])
    return func.array_position(order, Edition.step)
