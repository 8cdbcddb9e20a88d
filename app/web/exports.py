"""Export of a list of documents, whole or those that were ticked: as CSV, and its files as one ZIP.

Both are streamed; no database connection is held meanwhile.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy import Row, Select

from app.asgi.actors import Asks, SignedIn
from app.asgi.archive import Member, Names, archive
from app.asgi.formats import Formats
from app.asgi.house import House, Reading, TheHouse
from app.asgi.sheet import sheet, written
from app.core.access import Actor
from app.core.db import ReadSession, act_for, transaction
from app.core.errors import Unacceptable
from app.core.gate.names import ENDINGS
from app.core.i18n import Text, say
from app.domain.documents import rules
from app.domain.documents.models import Document
from app.domain.documents.queries import visible
from app.domain.finding import queries
from app.domain.finding.inputs import Wanted, Within
from app.domain.meetings import queries as meetings
from app.web.document_lists import Asked, AskedFor, everywhere, of_meeting, sort_of
from app.web.list_words import STATUSES, kind_of, source_of
from app.web.titles import in_language
from app.web.topic_names import Names as TopicNames
from app.web.topic_names import names, those

router = APIRouter()

MOST_FILES = 2_000
MOST_BYTES = 4 * 10**9  # of one ZIP
BATCH = 500  # rows of one statement
LETTERS = {"ar": "A", "zh": "C", "en": "E", "fr": "F", "ru": "R", "es": "S"}  # the letters by which ITU marks languages
HEADINGS = (
    say("Symbol"),
    say("Title"),
    say("Language"),
    say("Kind"),
    say("Source"),
    say("Code"),
    say("Signed by"),
    say("Meeting"),
    say("Item"),
    say("Registered"),
    say("Status"),
    say("Topics"),
    say("Original"),
    say("Languages"),
    say("Address"),
)


async def ticked(
    pick: Annotated[list[UUID], Query(max_length=1_000)] = [],  # noqa: B006 - FastAPI copies it
    picked: bool = False,
) -> list[UUID] | None:
    """Read which documents were ticked; None if the whole list is asked for."""
    return pick if picked else None


Chosen = Annotated[list[UUID] | None, Depends(ticked)]


@router.get("/documents.csv", name="documents-csv", dependencies=[Depends(Asks(rules.SEE))])
def all_as_table(actor: SignedIn, session: Reading, house: TheHouse, request: Request, asked: AskedFor) -> Response:
    """Send the list of all documents as CSV."""
    scope = everywhere(request)
    return _csv_response(session, actor, house, scope, asked, house.pages.language(request), "documents.csv")


@router.get("/meetings/{meeting}/documents.csv", name="meeting-documents-csv", dependencies=[Depends(Asks(rules.SEE))])
def table_of_meeting(
    meeting: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request, asked: AskedFor
) -> Response:
    """Send the list of the documents of a meeting as CSV."""
    meeting_row = meetings.one_visible(session, actor, meeting)
    file_name = f"documents-{meeting_row.number}.csv"
    return _csv_response(
        session, actor, house, of_meeting(meeting_row, request), asked, house.pages.language(request), file_name
    )


@router.get("/documents.zip", name="documents-zip", dependencies=[Depends(Asks(rules.SEE))])
def all_as_archive(
    actor: SignedIn,
    session: Reading,
    house: TheHouse,
    request: Request,
    asked: AskedFor,
    chosen: Chosen,
) -> Response:
    """Send the files of the whole list, or of the documents that were ticked, as ZIP."""
    scope = everywhere(request)
    return _zip_response(request, session, actor, house, scope, asked, chosen, "documents.zip")


@router.get("/meetings/{meeting}/documents.zip", name="meeting-documents-zip", dependencies=[Depends(Asks(rules.SEE))])
def archive_of_meeting(
    meeting: UUID,
    actor: SignedIn,
    session: Reading,
    house: TheHouse,
    request: Request,
    asked: AskedFor,
    chosen: Chosen,
) -> Response:
    """Send the files of the documents of a meeting, or of those that were ticked, as ZIP."""
    meeting_row = meetings.one_visible(session, actor, meeting)
    file_name = f"documents-{meeting_row.number}.zip"
    return _zip_response(request, session, actor, house, of_meeting(meeting_row, request), asked, chosen, file_name)


def _csv_response(
    session: ReadSession, actor: Actor, house: House, scope: Within, list_query: Asked, language: str, file_name: str
) -> Response:
    """Build the CSV response. The ids are read now, in their order; the rows in batches while it is sent.

    Each batch checks again what the actor may see, so that nothing withdrawn meanwhile is exported.
    """
    statement = queries.wanted_of(actor, scope, list_query.wanted)
    ids = queries.ids(session, queries.ordered(statement, sort_of(scope, list_query.wanted), language))
    return sheet(_csv_rows(house, actor, ids, language, names(session, language)), file_name)


def _csv_rows(
    house: House, actor: Actor, ids: Sequence[UUID], language: str, topics: TopicNames
) -> Iterator[Sequence[object]]:
    """Yield the rows: the headings, then `BATCH` documents a transaction."""
    text = Formats(language).text
    yield [text(heading) for heading in HEADINGS]
    for start in range(0, len(ids), BATCH):
        batch = ids[start : start + BATCH]
        with transaction(house.read) as session:
            act_for(session, actor.entity)
            statement = queries.as_rows(actor, visible(actor).where(Document.id.in_(batch)))
            rows_by_id = {row.id: row for row in session.execute(statement)}
        for document_id in batch:
            if document_id in rows_by_id:
                yield _csv_cells(rows_by_id[document_id], language, text, house.settings.portal_url, topics)


def _csv_cells(
    row: Row[*queries.Listed],
    language: str,
    text: Callable[[Text | str | None], str],
    origin: str,
    topics: TopicNames,
) -> Sequence[object]:
    """Return the cells of one document, in the order of `HEADINGS`."""
    title, lang = in_language(row.titles, language, row.original)
    return (
        row.symbol,
        title,
        lang or language,
        kind_of(row.kind, language),
        source_of(row.entity, tuple(row.signed or ()), language),
        row.entity,
        " ".join(sorted(row.signed or ())),
        row.scope,
        row.label or "",
        row.registered_at.isoformat(timespec="seconds"),
        text(STATUSES[row.ended_as or "standing"]),
        "" if row.ended_as else "; ".join(name for _, name in those(topics, row.topics)),
        row.original,
        " ".join(sorted(row.languages or ())),
        f"{origin}/documents/{row.id}",
    )


def _zip_response(
    request: Request,
    session: ReadSession,
    actor: Actor,
    house: House,
    scope: Within,
    list_query: Asked,
    ticked_documents: Sequence[UUID] | None,
    file_name: str,
) -> Response:
    """Build the ZIP response. Raises BadRequest if it would hold too many files or bytes."""
    files = _list_files(session, actor, scope, list_query.wanted, ticked_documents)
    if len(files) > MOST_FILES or sum(file.size for file in files) > MOST_BYTES:
        raise Unacceptable(
            say(
                "One ZIP holds at most %(files)s files and 4 GB. Filter the list, and take it in parts.",
                files=MOST_FILES,
            )
        )
    return archive(request, _zip_members(house, files), file_name)


def _list_files(
    session: ReadSession, actor: Actor, scope: Within, filters: Wanted, ticked_documents: Sequence[UUID] | None
) -> Sequence[Row[*queries.File]]:
    """List the files of the list, or of the documents ticked. Raises BadRequest if none is ticked."""
    statement: Select[Document] = queries.wanted_of(actor, scope, filters)
    if ticked_documents is not None:
        if not ticked_documents:
            raise Unacceptable(say("No document is ticked. Go back and tick those that you want."))
        statement = statement.where(Document.id.in_(ticked_documents))
    return queries.files(session, statement, filters.language, MOST_FILES + 1)


def _zip_members(house: House, files: Sequence[Row[*queries.File]]) -> list[Member]:
    """List the members of the ZIP: the manifest, then every file under its name in the manifest."""
    member_names = Names()
    member_names.of("manifest", ".csv")
    named_files = [
        (file, member_names.of(_format_stem(file.edition, file.language), ENDINGS.get(file.media, "")))
        for file in files
    ]
    manifest = _format_manifest(named_files)
    members = [Member(name, file.size, partial(house.store.pieces, file.sha256)) for file, name in named_files]
    return [Member("manifest.csv", len(manifest), lambda: [manifest]), *members]


def _format_stem(symbol: str, language: str) -> str:
    """Return the name without extension: `CWG-Internet 22-8 Rev.1 E` for `CWG-Internet 22/8 (Rev.1)` in English."""
    return f"{symbol.replace('(', '').replace(')', '')} {LETTERS.get(language, language.upper())}"


def _format_manifest(named_files: Sequence[tuple[Row[*queries.File], str]]) -> bytes:
    """Return the manifest as CSV with headings in English, since programs read it too."""
    rows: list[Sequence[object]] = [("symbol", "edition", "language", "size", "sha256", "name")]
    rows += [(file.symbol, file.edition, file.language, file.size, file.sha256, name) for file, name in named_files]
    return "".join(written(rows)).encode()
