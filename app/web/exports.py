"""A list of documents to take away: as a table for a spreadsheet, and its files as one ZIP. Whole, or what was ticked.

Both are sent while they are made, and no connection to the database is held meanwhile.
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
MOST_BYTES = 4 * 10**9
BATCH = 500
LETTERS = {"ar": "A", "zh": "C", "en": "E", "fr": "F", "ru": "R", "es": "S"}  # as the Union marks languages
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
    """The documents that were ticked, if only those are asked for."""
    return pick if picked else None


Chosen = Annotated[list[UUID] | None, Depends(ticked)]


@router.get("/documents.csv", name="documents-csv", dependencies=[Depends(Asks(rules.SEE))])
def all_as_table(actor: SignedIn, session: Reading, house: TheHouse, request: Request, asked: AskedFor) -> Response:
    within = everywhere(request)
    return _table(session, actor, house, within, asked, house.pages.language(request), "documents.csv")


@router.get("/meetings/{meeting}/documents.csv", name="meeting-documents-csv", dependencies=[Depends(Asks(rules.SEE))])
def table_of_meeting(
    meeting: UUID, actor: SignedIn, session: Reading, house: TheHouse, request: Request, asked: AskedFor
) -> Response:
    found = meetings.one_visible(session, actor, meeting)
    name = f"documents-{found.number}.csv"
    return _table(session, actor, house, of_meeting(found, request), asked, house.pages.language(request), name)


@router.get("/documents.zip", name="documents-zip", dependencies=[Depends(Asks(rules.SEE))])
def all_as_archive(
    actor: SignedIn,
    session: Reading,
    house: TheHouse,
    request: Request,
    asked: AskedFor,
    chosen: Chosen,
) -> Response:
    """The files of the whole list, or of the documents that were ticked."""
    within = everywhere(request)
    return _archive(request, session, actor, house, within, asked, chosen, "documents.zip")


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
    found = meetings.one_visible(session, actor, meeting)
    name = f"documents-{found.number}.zip"
    return _archive(request, session, actor, house, of_meeting(found, request), asked, chosen, name)


def _table(
    session: ReadSession, actor: Actor, house: House, within: Within, asked: Asked, language: str, name: str
) -> Response:
    """The keys are read now, in their order; the rows by and by, each asked for once more whether it may be seen."""
    statement = queries.wanted_of(actor, within, asked.wanted)
    keys = queries.ids(session, queries.ordered(statement, sort_of(within, asked.wanted), language))
    return sheet(_rows(house, actor, keys, language, names(session, language)), name)


def _rows(
    house: House, actor: Actor, keys: Sequence[UUID], language: str, topics: TopicNames
) -> Iterator[Sequence[object]]:
    text = Formats(language).text
    yield [text(heading) for heading in HEADINGS]
    for start in range(0, len(keys), BATCH):
        batch = keys[start : start + BATCH]
        with transaction(house.read) as session:
            act_for(session, actor.entity)
            statement = queries.as_rows(actor, visible(actor).where(Document.id.in_(batch)))
            there = {row.id: row for row in session.execute(statement)}
        for key in batch:
            if key in there:
                yield _cells(there[key], language, text, house.settings.portal_url, topics)


def _cells(
    row: Row[*queries.Listed],
    language: str,
    text: Callable[[Text | str | None], str],
    origin: str,
    topics: TopicNames,
) -> Sequence[object]:
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


def _archive(
    request: Request,
    session: ReadSession,
    actor: Actor,
    house: House,
    within: Within,
    asked: Asked,
    picks: Sequence[UUID] | None,
    name: str,
) -> Response:
    files = _files(session, actor, within, asked.wanted, picks)
    if len(files) > MOST_FILES or sum(file.size for file in files) > MOST_BYTES:
        raise Unacceptable(
            say(
                "One ZIP holds at most %(files)s files and 4 GB. Filter the list, and take it in parts.",
                files=MOST_FILES,
            )
        )
    return archive(request, _members(house, files), name)


def _files(
    session: ReadSession, actor: Actor, within: Within, wanted: Wanted, picks: Sequence[UUID] | None
) -> Sequence[Row[*queries.File]]:
    statement: Select[Document] = queries.wanted_of(actor, within, wanted)
    if picks is not None:
        if not picks:
            raise Unacceptable(say("No document is ticked. Go back and tick those that you want."))
        statement = statement.where(Document.id.in_(picks))
    return queries.files(session, statement, wanted.language, MOST_FILES + 1)


def _members(house: House, files: Sequence[Row[*queries.File]]) -> list[Member]:
    """The manifest first, then every file under the name that the manifest gives it."""
    names = Names()
    names.of("manifest", ".csv")
    listed = [(file, names.of(_stem(file.edition, file.language), ENDINGS.get(file.media, ""))) for file in files]
    manifest = _manifest(listed)
    members = [Member(name, file.size, partial(house.store.pieces, file.sha256)) for file, name in listed]
    return [Member("manifest.csv", len(manifest), lambda: [manifest]), *members]


def _stem(symbol: str, language: str) -> str:
    """`CWG-Internet 22-8 Rev.1 E` of `CWG-Internet 22/8 (Rev.1)` in English."""
    return f"{symbol.replace('(', '').replace(')', '')} {LETTERS.get(language, language.upper())}"


def _manifest(listed: Sequence[tuple[Row[*queries.File], str]]) -> bytes:
    """For people and programs alike: its headings are the same in every language."""
    rows: list[Sequence[object]] = [("symbol", "edition", "language", "size", "sha256", "name")]
    rows += [(file.symbol, file.edition, file.language, file.size, file.sha256, name) for file, name in listed]
    return "".join(written(rows)).encode()
