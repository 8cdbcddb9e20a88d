"""Lists of documents: all that the reader may see, and those of one meeting; filtered, in an order, page by page.

Everything that was chosen stands in the address, so that a list can be kept and sent to a colleague, who sees in it
what they may see. The same list as a table for a spreadsheet and as one ZIP is in `exports`.
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
    """A document in a list, in the language of the page: the key of the row that is kept of it."""

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
        """The languages of the text, each with the address of its file."""
        return [(code, f"{self.href}/files/{code}") for code, _, _ in self.languages]


@dataclass(frozen=True, slots=True)
class Asked:
    """What was chosen: filters and order, and which columns are shown."""

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
        """The columns, in the order in which they stand."""
        usual = USUAL["everywhere" if self.here == EVERYWHERE else "meeting"]
        return tuple(name for name in COLUMNS if name in (self.asked.show or usual))

    @property
    def filtered(self) -> bool:
        return any(value is not None for name, value in self.asked.wanted if name != "sort")

    @property
    def query(self) -> str:
        """What stays in the address from page to page."""
        written = urlencode(_pairs(self.asked))
        return f"{written}&" if written else ""

    def with_(self, **changes: str | None) -> str:
        """The address of the same list with something else chosen; from its beginning."""
        wanted = self.asked.wanted.model_copy(update=changes)
        written = urlencode(_pairs(Asked(wanted, self.asked.show)))
        return f"{self.here}?{written}" if written else self.here

    def as_(self, ending: str) -> str:
        """The address of the whole list as a file."""
        written = urlencode(_pairs(self.asked))
        return f"{self.here}.{ending}" + (f"?{written}" if written else "")

    def order(self, name: str) -> tuple[str, str | None]:
        """Where the head of a column leads, and how the list is sorted by it now."""
        if self.sort == name:
            return self.with_(sort=f"-{name}"), "ascending"
        return self.with_(sort=name), "descending" if self.sort == f"-{name}" else None


@dataclass(frozen=True, slots=True)
class Choices:
    """What the filters offer: `items` of the agenda as (key, number, title, language), `own` the reader's State."""

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


def _pairs(asked: Asked) -> list[tuple[str, str]]:
    chosen = [(name, str(value)) for name, value in asked.wanted if value is not None]
    return chosen + [("show", name) for name in COLUMNS if name in asked.show]


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
    """Read what was chosen. Raises Unacceptable for what no page of ours offers."""
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
    """All that the reader may see."""
    return Within(came_last_at=request.state.came_last_at)


def of_meeting(meeting: Meeting, request: Request) -> Within:
    """The documents of a meeting that was found for the actor."""
    return Within(meeting.body_id, str(meeting.number), request.state.came_last_at)


def sort_of(within: Within, chosen: Wanted) -> str:
    """Without a choice: a meeting's in the order of their numbers, all others the latest first."""
    return chosen.sort or ("-date" if within.body is None else "number")


@router.get("/documents", name="documents", dependencies=[Depends(Asks(rules.SEE))])
def listed(
    actor: SignedIn, session: Reading, house: TheHouse, request: Request, asked: AskedFor, page: PageNumber
) -> Response:
    """Everything on the register that the reader may see, the latest first."""
    within = everywhere(request)
    language = house.pages.language(request)
    topics = names(session, language)
    return house.pages.show(
        request,
        "web/documents/list.html",
        listing=listing(session, actor, within, asked, page, language, EVERYWHERE, topics),
        choices=_choices(request, actor, within, every_state(language), [], topics),
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
    """The documents of a meeting in the order of their numbers, each with the item under which it stands."""
    found = meetings.one_visible(session, actor, meeting)
    language = house.pages.language(request)
    within, topics = of_meeting(found, request), names(session, language)
    here = f"/meetings/{found.id}/documents"
    items = [
        (str(item.item_id), item.label, *in_language(item.titles, language))
        for item in agendas.released_items(session, found)
    ]
    return house.pages.show(
        request,
        "web/meetings/documents.html",
        frame=frame(session, actor, found, "documents", language),
        listing=listing(session, actor, within, asked, page, language, here, topics),
        choices=_choices(request, actor, within, _sources(session, actor, within, language), items, topics),
        zone=ZoneInfo(found.zone),
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
    """One page of the list: two statements, whatever was chosen."""
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
    """The lines of one page of such a statement, and where the page stands among all."""
    upto = number * PAGE + queries.FURTHER
    total = queries.how_many(session, statement, upto + 1)
    page = Page(number, PAGE, min(total, upto), total > upto)
    rows = queries.listed(session, actor, statement, sort, language, page.size, page.offset)
    return [line(row, language, topics) for row in rows], page


def line(row: Row[*queries.Listed], language: str, topics: Names) -> Line:
    """One line of a list of documents. Of what ended, neither topics nor languages are said."""
    title, lang = in_language(row.titles, language, row.original)
    there = () if row.ended_as else row.languages or ()
    id = str(row.id)
    return Line(
        id=id,
        href=f"/documents/{id}",
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
        languages=tuple([mark for mark in MARKS if mark[0] in there]),
        original=row.original,
        item=row.label,
        item_href=f"/meetings/{row.meeting_id}/agenda#item-{row.item_id}" if row.label else "",
    )


def _choices(
    request: Request,
    actor: Actor,
    within: Within,
    sources: tuple[tuple[str, str], ...],
    items: list[tuple[str, str, str, str | None]],
    topics: Names,
) -> Choices:
    """What the filters offer to this reader."""
    return Choices(
        sources=sources,
        items=items,
        topics=list(topics.items()),
        came_before=within.came_last_at is not None,
        own=actor.entity if member_states.is_known(actor.entity) else None,
        acts_for=request.state.reader.acts_for,
    )


def _sources(session: ReadSession, actor: Actor, within: Within, language: str) -> tuple[tuple[str, str], ...]:
    """Who submitted or signed the documents of the meeting."""
    return named(queries.sources(session, actor, within), language)
