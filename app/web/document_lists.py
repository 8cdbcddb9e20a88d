"""Lists of documents: all that the reader may see, and those of one meeting; filtered, sorted and paged.

Every choice is in the query string, so that a list can be bookmarked and sent to a colleague, who sees in it what they
may see. The same list as CSV and as ZIP is in `exports`.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, NamedTuple
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy import Row, Select

from app.asgi.actors import Asks, SignedIn
from app.asgi.house import Reading, TheHouse
from app.asgi.paging import Page, PageNumber
from app.core.access import Actor
from app.core.db import ReadSession
from app.core.errors import Unacceptable
from app.core.i18n import LANGUAGES, OWN_NAMES, Text
from app.core.inputs import OTHERWISE
from app.domain import member_states
from app.domain.agendas import queries as agendas
from app.domain.bodies.models import Office
from app.domain.documents import rules
from app.domain.documents.models import Document
from app.domain.finding import queries
from app.domain.finding.inputs import Wanted, Within
from app.domain.meetings import queries as meetings
from app.domain.meetings.models import Meeting
from app.web.entries import read
from app.web.list_words import (
    COLUMNS,
    REGIONS,
    STATUSES,
    TYPES,
    USUAL,
    every_state,
    kind_of,
    named,
    source_of,
    standing_of,
)
from app.web.meeting_pages import frame
from app.web.titles import in_language
from app.web.topic_names import Names, names, those

router = APIRouter()

PAGE = 100
MARKS = [(code, code.upper(), OWN_NAMES[code]) for code in LANGUAGES]
EVERYWHERE = "/documents"
Chosen = Annotated[str, Query(max_length=100)]


class Line(NamedTuple):
    """A document in a list, in the language of the page. Hashable: the rendered row is cached under it."""

    id: str
    href: str
    symbol: str
    scope: str
    title: str
    lang: str | None
    source: str
    kind: str
    posted: datetime
    revision: int
    ended: tuple[str, str] | None
    topics: tuple[tuple[str, str], ...]
    languages: tuple[tuple[str, str, str], ...]
    original: str
    item: str | None
    item_href: str

    @property
    def files(self) -> list[tuple[str, str]]:
        """Languages of the text, each with the path of its file."""
        return [(code, f"{self.href}/files/{code}") for code, _, _ in self.languages]


@dataclass(frozen=True, slots=True)
class Asked:
    """What the query string asks for: filters with the sort order, and the columns to show."""

    wanted: Wanted
    show: frozenset[str]


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of a list, and the addresses that lead on from it."""

    here: str
    lines: list[Line]
    asked: Asked
    sort: str
    page: Page

    @property
    def shown(self) -> tuple[str, ...]:
        """Columns in their fixed order: the chosen ones, or the default ones."""
        usual = USUAL["everywhere" if self.here == EVERYWHERE else "meeting"]
        return tuple(name for name in COLUMNS if name in (self.asked.show or usual))

    @property
    def filtered(self) -> bool:
        """Whether any filter is set; the sort order is none."""
        return any(value is not None for name, value in self.asked.wanted if name != "sort")

    @property
    def query(self) -> str:
        """Query string that stays from page to page, ending in `&`, or empty."""
        encoded = urlencode(_query_pairs(self.asked))
        return f"{encoded}&" if encoded else ""

    def with_(self, **changes: str | None) -> str:
        """Return the address of the first page of this list with other filters or another order."""
        filters = self.asked.wanted.model_copy(update=changes)
        encoded = urlencode(_query_pairs(Asked(filters, self.asked.show)))
        return f"{self.here}?{encoded}" if encoded else self.here

    def as_(self, ending: str) -> str:
        """Return the address of the whole list as a file: `csv` or `zip`."""
        encoded = urlencode(_query_pairs(self.asked))
        return f"{self.here}.{ending}" + (f"?{encoded}" if encoded else "")

    def order(self, name: str) -> tuple[str, str | None]:
        """Return the link of a column head, and how the list is sorted by that column now (`aria-sort`)."""
        if self.sort == name:
            return self.with_(sort=f"-{name}"), "ascending"
        return self.with_(sort=name), "descending" if self.sort == f"-{name}" else None


@dataclass(frozen=True, slots=True)
class Choices:
    """Options of the filters: `items` of the agenda as (id, label, title, language), `own` is the reader's State."""

    sources: tuple[tuple[str, str], ...]
    items: list[tuple[str, str, str, str | None]]
    topics: list[tuple[str, str]]
    came_before: bool
    own: str | None
    acts_for: Text | None
    types: list[tuple[str, Text]] = field(default_factory=lambda: list(TYPES.items()))
    regions: list[tuple[str, Text]] = field(default_factory=lambda: list(REGIONS.items()))
    statuses: list[tuple[str, Text]] = field(default_factory=lambda: list(STATUSES.items()))
    columns: list[tuple[str, Text]] = field(default_factory=lambda: list(COLUMNS.items()))


def _query_pairs(list_query: Asked) -> list[tuple[str, str]]:
    """List the pairs of the query string."""
    chosen = [(name, str(value)) for name, value in list_query.wanted if value is not None]
    return chosen + [("show", name) for name in COLUMNS if name in list_query.show]


async def asked(
    type: Chosen = "",
    source: Chosen = "",
    region: Chosen = "",
    item: Chosen = "",
    topic: Chosen = "",
    language: Chosen = "",
    status: Chosen = "",
    since: Chosen = "",
    sort: Chosen = "",
    show: Annotated[list[str], Query(max_length=len(COLUMNS))] = [],  # noqa: B006 - FastAPI copies it
) -> Asked:
    """Parse the query string of a list. Raises BadRequest for values that no page offers."""
    typed = {
        "type": type,
        "source": source,
        "region": region,
        "item": item,
        "topic": topic,
        "language": language,
        "status": status,
        "since": since,
        "sort": sort,
    }
    entry = read(Wanted, typed)
    if entry.made is None:
        raise Unacceptable(OTHERWISE)
    return Asked(entry.made, frozenset(show) & frozenset(COLUMNS))


AskedFor = Annotated[Asked, Depends(asked)]


def everywhere(request: Request) -> Within:
    """Build the scope of all documents that the reader may see."""
    return Within(came_last_at=request.state.came_last_at)


def of_meeting(meeting: Meeting, request: Request) -> Within:
    """Build the scope of the documents of a meeting that was loaded for the actor."""
    return Within(meeting.body_id, str(meeting.number), request.state.came_last_at)


def sort_of(within: Within, chosen: Wanted) -> str:
    """Return the chosen order; by default the documents of a meeting by number, all others the latest first."""
    return chosen.sort or ("-date" if within.body is None else "number")


@router.get("/documents", name="documents", dependencies=[Depends(Asks(rules.SEE))])
def listed(
    actor: SignedIn, session: Reading, house: TheHouse, request: Request, asked: AskedFor, page: PageNumber
) -> Response:
    """Show every registered document that the reader may see, the latest first."""
    scope = everywhere(request)
    language = house.pages.language(request)
    topics = names(session, language)
    return house.pages.show(
        request,
        "web/documents/list.html",
        listing=listing(session, actor, scope, asked, page, language, EVERYWHERE, topics),
        choices=_build_choices(request, actor, scope, every_state(language), [], topics),
        zone=ZoneInfo("UTC"),
        keeps_register=bool(actor.bodies(Office.SECRETARY)),
    )


@router.get("/meetings/{meeting}/documents", name="meeting-documents", dependencies=[Depends(Asks(rules.SEE))])
def of_one_meeting(
    meeting: UUID,
    actor: SignedIn,
    session: Reading,
    house: TheHouse,
    request: Request,
    asked: AskedFor,
    page: PageNumber,
) -> Response:
    """Show the documents of a meeting in the order of their numbers, each with its agenda item."""
    meeting_row = meetings.one_visible(session, actor, meeting)
    language = house.pages.language(request)
    scope, topics = of_meeting(meeting_row, request), names(session, language)
    path = f"/meetings/{meeting_row.id}/documents"
    items = [
        (str(item.item_id), item.label, *in_language(item.titles, language))
        for item in agendas.released_items(session, meeting_row)
    ]
    return house.pages.show(
        request,
        "web/meetings/documents.html",
        frame=frame(session, actor, meeting_row, "documents", language),
        listing=listing(session, actor, scope, asked, page, language, path, topics),
        choices=_build_choices(request, actor, scope, _list_sources(session, actor, scope, language), items, topics),
        zone=ZoneInfo(meeting_row.zone),
    )


def listing(
    session: ReadSession,
    actor: Actor,
    within: Within,
    asked: Asked,
    number: int,
    language: str,
    here: str,
    topics: Names,
) -> Listing:
    """Build one page of a list; two statements, however it is filtered."""
    statement = queries.wanted_of(actor, within, asked.wanted)
    sort = sort_of(within, asked.wanted)
    lines, page = paged(session, actor, statement, sort, number, language, topics)
    return Listing(here, lines, asked, sort, page)


def paged(
    session: ReadSession,
    actor: Actor,
    statement: Select[Document],
    sort: str,
    number: int,
    language: str,
    topics: Names,
) -> tuple[list[Line], Page]:
    """Load the lines of one page of a statement, and the page with the number of all rows.

    Rows are counted up to `queries.FURTHER` beyond the page; `Page.more` says that there are others.
    """
    count_limit = number * PAGE + queries.FURTHER
    total = queries.how_many(session, statement, count_limit + 1)
    page = Page(number, PAGE, min(total, count_limit), total > count_limit)
    rows = queries.listed(session, actor, statement, sort, language, page.size, page.offset)
    return [line(row, language, topics) for row in rows], page


def line(row: Row[*queries.Listed], language: str, topics: Names) -> Line:
    """Build one line of a list of documents. Ended documents show neither topics nor languages."""
    title, lang = in_language(row.titles, language, row.original)
    available = () if row.ended_as else row.languages or ()
    document_id = str(row.id)
    return Line(
        id=document_id,
        href=f"/documents/{document_id}",
        symbol=row.symbol,
        scope=row.scope,
        title=title,
        lang=lang,
        source=source_of(row.entity, tuple(row.signed or ()), language),
        kind=kind_of(row.kind, language),
        posted=row.registered_at,
        revision=row.revision,
        ended=standing_of(row.ended_as, language) if row.ended_as else None,
        topics=() if row.ended_as else tuple(those(topics, row.topics)),
        languages=tuple([mark for mark in MARKS if mark[0] in available]),
        original=row.original,
        item=row.label,
        item_href=f"/meetings/{row.meeting_id}/agenda#item-{row.item_id}" if row.label else "",
    )


def _build_choices(
    request: Request,
    actor: Actor,
    scope: Within,
    sources: tuple[tuple[str, str], ...],
    items: list[tuple[str, str, str, str | None]],
    topics: Names,
) -> Choices:
    """Build the options of the filters for this reader."""
    return Choices(
        sources=sources,
        items=items,
        topics=list(topics.items()),
        came_before=scope.came_last_at is not None,
        own=actor.entity if member_states.is_known(actor.entity) else None,
        acts_for=request.state.reader.acts_for,
    )


def _list_sources(session: ReadSession, actor: Actor, scope: Within, language: str) -> tuple[tuple[str, str], ...]:
    """List the entities that submitted or signed documents of the meeting."""
    return named(queries.sources(session, actor, scope), language)
