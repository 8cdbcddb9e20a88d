"""Export of a list of documents, whole or those that were ticked: as CSV, and its files as one ZIP.

Both are streamed; no database connection is held meanwhile.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from pydantic import StringConstraints
from sqlalchemy import Row, Select, or_

from app.core.db import ReadSession, transaction
from app.core.errors import BadRequest
from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.inspection.display_names import EXTENSIONS
from app.core.permissions import Actor
from app.domain.bodies.queries.seats import set_row_security_of_actor
from app.domain.documents import rules
from app.domain.documents.models import Document
from app.domain.documents.queries.documents import list_visible_documents
from app.domain.meetings import queries as meetings
from app.domain.search.inputs import DocumentListFilter, DocumentSearchScope
from app.domain.search.queries import document_filters, listing, sort_orders
from app.http.authentication import SignedInGuard
from app.http.exports.csv_export import csv_response, iter_csv_lines
from app.http.exports.zip_export import MAX_FILES, UniqueFileNames, ZipMember, fits_into_zip, zip_response
from app.http.localization import Localizer
from app.http.page_context import (
    COSTLY_TURN,
    DOWNLOAD_TURN,
    ReadContext,
    open_file_while_allowed,
    require_rights_still_held,
)
from app.web.documents.list_parameters import (
    DocumentListQuery,
    ListQueryParameters,
    build_meeting_scope,
    build_register_scope,
    choose_sort,
)
from app.web.views.documents.addresses import parse_document_key
from app.web.views.documents.file_names import format_download_stem
from app.web.views.documents.filters import DOCUMENT_STATUS_LABELS, format_submitter_and_signatories, get_kind_label
from app.web.views.documents.titles import localize_title
from app.web.views.documents.topics import TopicNames, filter_topics_by_codes, load_topic_names

router = APIRouter()

BATCH_SIZE = 500  # rows of one statement
CSV_HEADINGS = (
    _("Symbol"),
    _("Title"),
    _("Language"),
    _("Kind"),
    _("Source"),
    _("Code"),
    _("Co-sponsors"),
    _("Meeting"),
    _("Item"),
    _("Registered"),
    _("Status"),
    _("Topics"),
    _("Original"),
    _("Languages"),
    _("Address"),
)


DocumentKey = Annotated[str, StringConstraints(max_length=100)]


async def read_ticked_documents(
    pick: Annotated[list[DocumentKey], Query(max_length=1_000)] = [],  # noqa: B006 - FastAPI copies it
    picked: bool = False,
) -> list[UUID | str] | None:
    """Read the identifiers or symbols of the documents that were ticked; None if the whole list is asked for."""
    return [parse_document_key(key) for key in pick] if picked else None


TickedDocuments = Annotated[list[UUID | str] | None, Depends(read_ticked_documents)]


@router.get("/documents.csv", dependencies=[Depends(SignedInGuard(rules.SEE)), COSTLY_TURN, DOWNLOAD_TURN])
def export_documents_csv(context: ReadContext, list_query: ListQueryParameters) -> Response:
    """Send the list of all documents as CSV."""
    scope = build_register_scope(context.request)
    return _csv_response(context, scope, list_query, "documents.csv")


@router.get(
    "/meetings/{meeting}/documents.csv", dependencies=[Depends(SignedInGuard(rules.SEE)), COSTLY_TURN, DOWNLOAD_TURN]
)
def export_meeting_documents_csv(context: ReadContext, meeting: UUID, list_query: ListQueryParameters) -> Response:
    """Send the list of the documents of a meeting as CSV."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    file_name = f"documents-{meeting_row.number}.csv"
    return _csv_response(
        context,
        build_meeting_scope(meeting_row, context.request),
        list_query,
        file_name,
    )


@router.get("/documents.zip", dependencies=[Depends(SignedInGuard(rules.SEE)), COSTLY_TURN, DOWNLOAD_TURN])
def export_documents_zip(
    context: ReadContext, list_query: ListQueryParameters, ticked_documents: TickedDocuments
) -> Response:
    """Send the files of the whole list, or of the documents that were ticked, as ZIP."""
    scope = build_register_scope(context.request)
    return _zip_response(context, scope, list_query, ticked_documents, "documents.zip")


@router.get(
    "/meetings/{meeting}/documents.zip", dependencies=[Depends(SignedInGuard(rules.SEE)), COSTLY_TURN, DOWNLOAD_TURN]
)
def export_meeting_documents_zip(
    context: ReadContext, meeting: UUID, list_query: ListQueryParameters, ticked_documents: TickedDocuments
) -> Response:
    """Send the files of the documents of a meeting, or of those that were ticked, as ZIP."""
    meeting_row = meetings.get_visible_meeting(context.session, context.actor, meeting)
    file_name = f"documents-{meeting_row.number}.zip"
    return _zip_response(
        context,
        build_meeting_scope(meeting_row, context.request),
        list_query,
        ticked_documents,
        file_name,
    )


def _csv_response(
    context: ReadContext, scope: DocumentSearchScope, list_query: DocumentListQuery, file_name: str
) -> Response:
    """Build the CSV response. The ids are read now, in their order; the rows in batches while it is sent.

    Each batch checks again what the actor may see, so that nothing withdrawn meanwhile is exported.
    """
    language = context.language
    statement = document_filters.select_documents(context.actor, scope, list_query.filters)
    ids = listing.list_document_ids(
        context.session, sort_orders.order_documents(statement, choose_sort(scope, list_query.filters), language)
    )
    context.read_party_names()
    return csv_response(_csv_rows(context, ids, language, load_topic_names(context.session, language)), file_name)


def _csv_rows(
    context: ReadContext, ids: Sequence[UUID], language: str, topics: TopicNames
) -> Iterator[Sequence[object]]:
    """Yield the rows: the headings, then `BATCH_SIZE` documents a transaction."""
    text = Localizer(language).translate_text
    yield [text(heading) for heading in CSV_HEADINGS]
    for start in range(0, len(ids), BATCH_SIZE):
        require_rights_still_held(context)
        batch = ids[start : start + BATCH_SIZE]
        with transaction(context.portal.read_sessions) as session:
            set_row_security_of_actor(session, context.actor)
            statement = listing.select_document_rows(
                context.actor, list_visible_documents(context.actor).where(Document.id.in_(batch))
            )
            rows_by_id = {row.id: row for row in session.execute(statement)}
        for document_id in batch:
            if document_id in rows_by_id:
                yield _csv_cells(rows_by_id[document_id], language, text, context.portal.settings.portal_url, topics)


def _csv_cells(
    row: Row[*listing.DocumentRow],
    language: str,
    text: Callable[[LazyText | str | None], str],
    origin: str,
    topics: TopicNames,
) -> Sequence[object]:
    """Return the cells of one document, in the order of `CSV_HEADINGS`."""
    title, lang = localize_title(row.titles, language, row.original)
    return (
        row.symbol,
        title,
        lang or language,
        get_kind_label(row.kind, language),
        format_submitter_and_signatories(row.entity, tuple(row.signed or ()), language, at_request=row.at_request),
        row.entity,
        " ".join(sorted(row.signed or ())),
        row.scope,
        row.label or "",
        row.registered_at.isoformat(timespec="seconds"),
        text(DOCUMENT_STATUS_LABELS[row.ended_as or "standing"]),
        "" if row.ended_as else "; ".join(name for _ignored, name in filter_topics_by_codes(topics, row.topics)),
        row.original,
        " ".join(sorted(row.languages or ())),
        f"{origin}/documents/{row.id}",
    )


def _zip_response(
    context: ReadContext,
    scope: DocumentSearchScope,
    list_query: DocumentListQuery,
    ticked_documents: Sequence[UUID | str] | None,
    file_name: str,
) -> Response:
    """Build the ZIP response. Raises BadRequest if it would hold too many files or bytes."""
    files = _list_files(context.session, context.actor, scope, list_query.filters, ticked_documents)
    if not fits_into_zip([file.size for file in files]):
        raise BadRequest(
            _(
                "One ZIP file holds at most %(files)s files and 4 GB. Filter the list and download it in parts.",
                files=MAX_FILES,
            )
        )
    return zip_response(context.request, _zip_members(context, files), file_name)


def _list_files(
    session: ReadSession,
    actor: Actor,
    scope: DocumentSearchScope,
    filters: DocumentListFilter,
    ticked_documents: Sequence[UUID | str] | None,
) -> Sequence[Row[*listing.FileRow]]:
    """List the files of the list, or of the documents ticked. Raises BadRequest if none is ticked."""
    statement: Select[Document] = document_filters.select_documents(actor, scope, filters)
    if ticked_documents is not None:
        if not ticked_documents:
            raise BadRequest(_("No document is selected. Go back and select the documents you want."))
        ids = [key for key in ticked_documents if isinstance(key, UUID)]
        symbols = [key for key in ticked_documents if isinstance(key, str)]
        statement = statement.where(or_(Document.id.in_(ids), Document.symbol.in_(symbols)))
    return listing.list_document_files(session, statement, filters.language, MAX_FILES + 1)


def _zip_members(context: ReadContext, files: Sequence[Row[*listing.FileRow]]) -> list[ZipMember]:
    """List the members of the ZIP: the manifest, then every file under its name in the manifest.

    Before each file is sent, the rights of the actor are checked again.
    """
    member_names = UniqueFileNames()
    member_names.unique_name("manifest", ".csv")
    named_files = [
        (
            file,
            member_names.unique_name(format_download_stem(file.edition, file.language), EXTENSIONS.get(file.media, "")),
        )
        for file in files
    ]
    manifest = _format_manifest(named_files)
    members = [
        ZipMember(name, file.size, partial(open_file_while_allowed, context, file.sha256)) for file, name in named_files
    ]
    return [ZipMember.from_bytes("manifest.csv", manifest), *members]


def _format_manifest(named_files: Sequence[tuple[Row[*listing.FileRow], str]]) -> bytes:
    """Return the manifest as CSV with headings in English, since programs read it too."""
    rows: list[Sequence[object]] = [("symbol", "edition", "language", "size", "sha256", "name")]
    rows += [(file.symbol, file.edition, file.language, file.size, file.sha256, name) for file, name in named_files]
    return "".join(iter_csv_lines(rows)).encode()
