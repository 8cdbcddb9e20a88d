"""Read documents that an actor may see: those of bodies where they have a seat, and those opened to their category."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, Integer, Row, Select, String, Uuid, and_, bindparam, func, or_, select

from app.core.database.combined_lists import KeyParameter, list_of_thing, rows_of_thing
from app.core.database.kept_statements import keep_statement
from app.core.db import LocalizedText, ReadSession, count_rows
from app.core.errors import Conflict, NotFound
from app.core.i18n import lazy_gettext as _
from app.core.page_sessions import read_once
from app.core.permissions import Actor
from app.domain.bodies.models import Office
from app.domain.documents.models import (
    Document,
    DocumentAccess,
    DocumentCorrection,
    Edition,
    EditionStep,
    LanguageVersion,
    ProposalRows,
    Sponsor,
)
from app.domain.documents.rules import access_levels_open_to
from app.domain.files import queries as file_queries
from app.domain.files.models import VirusScanResult
from app.domain.member_states import is_known_state

VIRUS_FOUND_LATER = _(
    "A later virus scan had a finding in this file. The file is no longer available; a clean file can be "
    "submitted as a revision."
)
WHOLE_TEXT_STEPS = (EditionStep.TEXT, EditionStep.REVISION)
"""Steps of whole texts, as opposed to addenda and corrigenda; the text with the highest number is in force."""

DOCUMENT_LIST_COLUMNS = (
    Document.id,
    Document.symbol,
    Document.kind,
    Document.entity,
    Document.original,
    Document.titles,
    Document.ended_as,
    Document.at_request,
)
# Statements about one document, its id as `document`: built once, since that costs more than to execute them.
OF_THIS_DOCUMENT = bindparam("document", type_=Uuid())
BODY, SCOPE = bindparam("body", type_=Uuid()), bindparam("scope", type_=String())
EDITIONS_OF_DOCUMENT = (
    select(Edition, Sponsor)
    .outerjoin(Sponsor, Sponsor.edition_id == Edition.id)
    .where(Edition.document_id == OF_THIS_DOCUMENT)
    .order_by(Edition.registered_at, Edition.number, Sponsor.joined_at, Sponsor.entity)
)
ListedDocumentRow = Row[UUID, str, str, str, str, LocalizedText, str | None, bool | None, list[str]]
"""id, symbol, kind, entity, original, titles, ended_as, at_request, languages."""


@keep_statement
def list_visible_documents(actor: Actor) -> Select[Document]:
    """Select the documents that an actor may see: where all lists, counts, pages and downloads of signed-in people
    start."""
    was_opened = and_(Document.ended_as.is_(None), Document.access.in_(access_levels_open_to(actor.category)))
    return select(Document).where(or_(Document.body_id.in_(actor.bodies_with_role()), was_opened))


def select_public_documents() -> Select[Document]:
    """Select the public documents. Everything that needs no sign-in starts here."""
    return select(Document).where(Document.ended_as.is_(None), Document.access == DocumentAccess.PUBLIC)


def get_visible_document(session: ReadSession, actor: Actor, document_id: UUID) -> Document:
    """Return a document that the actor may see. Raises NotFound."""
    row = session.scalar(_select_visible_document(actor), {"document": document_id})
    if row is None:
        raise NotFound()
    return row


@keep_statement
def _select_visible_document(actor: Actor) -> Select[Document]:
    """Select `document`, if the actor may see it."""
    return list_visible_documents(actor).where(Document.id == OF_THIS_DOCUMENT)


def get_document_among(session: ReadSession, candidates: Select[Document], document_id: UUID) -> Document:
    """Return a document among those of a statement. Raises NotFound."""
    row = session.scalar(candidates.where(Document.id == document_id))
    if row is None:
        raise NotFound()
    return row


def get_document_by_symbol(session: ReadSession, actor: Actor, symbol: str) -> Document:
    """Return the document with that symbol, if the actor may see it. Raises NotFound."""
    row = session.scalar(list_visible_documents(actor).where(Document.symbol == symbol))
    if row is None:
        raise NotFound()
    return row


def get_edition_by_symbol(session: ReadSession, actor: Actor, symbol: str) -> Edition:
    """Return the edition with that symbol; the symbol of a document means its text in force. Raises NotFound."""
    normalized = " ".join(symbol.split())
    document = session.scalar(list_visible_documents(actor).where(Document.symbol == normalized))
    if document is not None:
        return get_edition_in_force(session, document)
    visible_ids = list_visible_documents(actor).with_only_columns(Document.id)
    edition = session.scalar(select(Edition).where(Edition.symbol == normalized, Edition.document_id.in_(visible_ids)))
    if edition is None:
        raise NotFound()
    return edition


def list_documents(
    session: ReadSession,
    actor: Actor,
    *,
    body_id: UUID | None = None,
    scope: str | None = None,
    limit: int,
    offset: int = 0,
) -> Sequence[ListedDocumentRow]:
    """List the documents that the actor may see: of one meeting by series and number, otherwise the latest first."""
    statement = _select_documents_of(actor, in_body=body_id is not None, in_scope=scope is not None)
    place = {"body": body_id, "scope": scope, "limit": limit, "offset": offset}
    return session.execute(statement, place).all()


@keep_statement
def _select_documents_of(actor: Actor, *, in_body: bool, in_scope: bool) -> Select[*tuple[Any, ...]]:
    """Select `limit` of the documents that `list_documents` lists from `offset` on, in `body` and `scope` if asked."""
    statement = _narrow(
        _select_list_columns(list_visible_documents(actor)), BODY if in_body else None, SCOPE if in_scope else None
    )
    latest_first = Document.registered_at.desc(), Document.number.desc()
    ordered = statement.order_by(*((Document.series_id, Document.number) if in_scope else latest_first))
    return ordered.limit(bindparam("limit", type_=Integer)).offset(bindparam("offset", type_=Integer))


def list_documents_by_id(
    session: ReadSession, actor: Actor, document_ids: Sequence[UUID]
) -> Sequence[ListedDocumentRow]:
    """List these documents in this order, without those that the actor may not see."""
    rows = session.execute(
        _select_list_columns(list_visible_documents(actor).where(Document.id.in_(document_ids)))
    ).all()
    return sorted(rows, key=lambda row: document_ids.index(row.id))


def list_documents_of_state(
    session: ReadSession, actor: Actor, *, body_id: UUID, scope: str
) -> Sequence[Row[UUID, str]]:
    """List the documents in force of one meeting that the actor's State submitted, or co-sponsors in the text in force:
    id and the State that submitted it. Nothing for an actor of no State, such as the secretariat."""
    if not is_known_state(actor.entity):
        return []
    return session.execute(_select_documents_of_state(actor), {"body": body_id, "scope": scope}).all()


@keep_statement
def _select_documents_of_state(actor: Actor) -> Select[UUID, str]:
    """Select the documents of the actor's State in `body` and `scope`, as `list_documents_of_state` lists them."""
    cosponsored = (
        select(Sponsor.entity)
        .join(Edition, Edition.id == Sponsor.edition_id)
        .where(Edition.document_id == Document.id, Edition.number == Document.revision, Sponsor.entity == actor.entity)
    )
    among = list_visible_documents(actor).where(
        Document.ended_as.is_(None), or_(Document.entity == actor.entity, cosponsored.exists())
    )
    return _narrow(among, BODY, SCOPE).with_only_columns(Document.id, Document.entity)


def list_documents_of_kind(
    session: ReadSession, actor: Actor, *, body_id: UUID, scope: str, kind: str
) -> Sequence[ListedDocumentRow]:
    """List the documents of this kind of one meeting that the actor may see and that are in force."""
    among = list_visible_documents(actor).where(Document.kind == kind, Document.ended_as.is_(None))
    ordered = _narrow(_select_list_columns(among), body_id, scope).order_by(Document.series_id, Document.number)
    return session.execute(ordered).all()


def list_public_documents(session: ReadSession, *, limit: int, offset: int = 0) -> Sequence[ListedDocumentRow]:
    """List the public documents, the latest first."""
    ordered = _select_list_columns(select_public_documents()).order_by(
        Document.registered_at.desc(), Document.number.desc()
    )
    return session.execute(ordered.limit(limit).offset(offset)).all()


def count_public_documents(session: ReadSession) -> int:
    """Count the public documents."""
    return count_rows(session, select_public_documents())


def _select_list_columns(among: Select[Document]) -> Select[*tuple[Any, ...]]:
    """Select the columns of a list, with the languages of the text in force."""
    languages = (
        select(func.array_agg(LanguageVersion.language))
        .join(Edition, Edition.id == LanguageVersion.edition_id)
        .where(
            Edition.document_id == Document.id, Edition.step.in_(WHOLE_TEXT_STEPS), Edition.number == Document.revision
        )
        .scalar_subquery()
        .label("languages")
    )
    return among.with_only_columns(*DOCUMENT_LIST_COLUMNS, languages)


def _narrow(
    statement: Select[*tuple[Any, ...]],
    body: UUID | BindParameter[UUID] | None,
    scope: str | BindParameter[str] | None,
) -> Select[*tuple[Any, ...]]:
    """Narrow the statement to a body and a scope, where they are given."""
    if body is not None:
        statement = statement.where(Document.body_id == body)
    return statement if scope is None else statement.where(Document.scope == scope)


@read_once
def _load_editions(session: ReadSession, document_id: UUID) -> dict[Edition, list[Sponsor]]:
    """Load every edition of a document in the order of registration, with those who signed or support it."""
    editions: dict[Edition, list[Sponsor]] = {}
    for edition, sponsor in session.execute(EDITIONS_OF_DOCUMENT, {"document": document_id}):
        editions.setdefault(edition, []).extend([sponsor] if sponsor else [])
    return editions


def list_editions(session: ReadSession, document: Document) -> Sequence[Edition]:
    """List every edition of a document in the order of registration. Access is checked by the caller."""
    return list(_load_editions(session, document.id))


def get_edition(session: ReadSession, document: Document, step: EditionStep, number: int) -> Edition:
    """Return an edition of a document. Access to the document is checked by the caller. Raises NotFound."""
    editions = list_editions(session, document)
    edition = next((row for row in editions if row.step == step and row.number == number), None)
    if edition is None:
        raise NotFound()
    return edition


def get_edition_in_force(session: ReadSession, document: Document) -> Edition:
    """Return the text in force: the last revision, or the first text."""
    editions = list_editions(session, document)
    return next(row for row in editions if row.step in WHOLE_TEXT_STEPS and row.number == document.revision)


def list_proposal_rows_in_force(document: Document) -> ProposalRows:
    """List the proposals of the text in force, as stored."""
    return [row for row in document.proposals if row["part"] == 0]


def last_edition_number(session: ReadSession, document: Document, step: EditionStep) -> int:
    """Return the number of the last edition of this step; 0 if there is none."""
    statement = select(func.max(Edition.number)).where(Edition.document_id == document.id, Edition.step == step)
    return session.scalar(statement) or 0


def list_language_versions(session: ReadSession, edition: Edition) -> Sequence[LanguageVersion]:
    """List the language versions of an edition. Access is checked by the caller."""
    return session.scalars(
        select(LanguageVersion).where(LanguageVersion.edition_id == edition.id).order_by(LanguageVersion.language)
    ).all()


def get_language_version(session: ReadSession, edition: Edition, language: str) -> LanguageVersion:
    """Return a language version for reading. Raises NotFound; Conflict if a virus was found in it later."""
    version = session.get(LanguageVersion, (edition.id, language))
    if version is None:
        raise NotFound()
    if file_queries.list_infected_files(session, [version.sha256]):
        raise Conflict(VIRUS_FOUND_LATER)
    return version


def list_sponsors(session: ReadSession, edition: Edition) -> Sequence[Sponsor]:
    """List the States that signed an edition or supported it later, in the order of joining."""
    return _load_editions(session, edition.document_id)[edition]


@rows_of_thing
def list_scanned_versions(document: KeyParameter) -> Select[LanguageVersion, VirusScanResult | None]:
    """List the language versions of all editions of a document, the earliest first, each with what the virus scan of
    its file found. Access is checked by the caller."""
    return (
        select(LanguageVersion, VirusScanResult)
        .join(Edition, Edition.id == LanguageVersion.edition_id)
        .outerjoin(VirusScanResult, VirusScanResult.sha256 == LanguageVersion.sha256)
        .where(Edition.document_id == document)
        .order_by(LanguageVersion.supplied_at, LanguageVersion.language)
    )


def list_all_language_versions(session: ReadSession, document: Document) -> Sequence[LanguageVersion]:
    """List the language versions of all editions of a document, the earliest first. Access is checked by the caller."""
    return [version for version, _scan in list_scanned_versions(session, document)]


@list_of_thing
def list_register_corrections(document: KeyParameter) -> Select[DocumentCorrection]:
    """List the changes of a registered document, the earliest first."""
    return (
        select(DocumentCorrection)
        .where(DocumentCorrection.document_id == document)
        .order_by(DocumentCorrection.corrected_at, DocumentCorrection.what)
    )


def list_ended_documents(session: ReadSession, actor: Actor) -> Sequence[Document]:
    """List void and withdrawn documents, by series and number, in bodies where the actor is a secretary."""
    in_bodies = Document.body_id.in_(actor.bodies_with_role(Office.SECRETARY))
    return session.scalars(
        list_visible_documents(actor)
        .where(in_bodies, Document.ended_as.is_not(None))
        .order_by(Document.series_id, Document.scope, Document.number)
    ).all()


def require_not_cosponsored(session: ReadSession, actor: Actor, document: Document) -> None:
    """Raise Conflict if the actor's State co-sponsors the text in force: support would add nothing to that. Access is
    checked by the caller."""
    listed = session.get(Sponsor, (get_edition_in_force(session, document).id, actor.entity))
    if listed is not None and listed.signed:
        raise Conflict(_("Your delegation is already listed as a co-sponsor of this document."))
