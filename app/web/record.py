"""The record as a page: what happened, by whom and in which capacity; and the proof of each line as a file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from types import MappingProxyType
from typing import Annotated
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from app.asgi.actors import Asks, EntityName, SignedIn
from app.asgi.files import attachment
from app.asgi.forms import insist_single
from app.asgi.house import House, Reading, TheHouse
from app.asgi.paging import Page, PageNumber
from app.asgi.words import ROLES
from app.core.access import Actor
from app.core.canonical import canonical
from app.core.db import ReadSession
from app.core.errors import Unacceptable, Unknown
from app.core.i18n import Text, say
from app.core.journal import Event, JournalLine
from app.domain.bodies.models import Office
from app.domain.ledger import queries as ledger
from app.domain.record import queries, rules
from app.domain.record.queries import Wanted

router = APIRouter(dependencies=[Depends(Asks(rules.SEE))])

ROWS = 50
ZONE = ZoneInfo("Europe/Zurich")
KINDS: Mapping[str, Text] = MappingProxyType(
    {
        "": say("Everything"),
        "contributions": say("Contributions"),
        "documents": say("Documents"),
        "meetings": say("Meetings"),
        "decisions": say("Decisions and reports"),
        "texts": say("Outputs"),
        "people": say("People and offices"),
    }
)
WITNESSES: Mapping[str, Text] = MappingProxyType(
    {
        "ahead": say("It has seen more than there is here: an older state was put back. Look into this now."),
        "fork": say("It has seen another journal: lines were changed after they were signed. Look into this now."),
        "stranger": say("It does not know the key of this portal. Tell whoever runs it."),
    }
)


@dataclass(frozen=True, slots=True)
class Shown:
    """A line of the journal in words. `is_proven`: a head holds it."""

    seq: int
    at: datetime
    words: Text
    who: Text
    capacities: Sequence[Text]
    document: tuple[str, str] | None
    is_proven: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """How it stands with a witness."""

    name: str
    seen_at: datetime | None
    says: Text
    alarm: Text | None


@router.get("/record", name="record")
def show(
    actor: SignedIn,
    session: Reading,
    house: TheHouse,
    request: Request,
    number: PageNumber,
    kind: Annotated[str, Query(max_length=20)] = "",
    since: Annotated[str, Query(max_length=10)] = "",
    until: Annotated[str, Query(max_length=10)] = "",
    symbol: Annotated[str, Query(max_length=80)] = "",
) -> Response:
    insist_single(request.query_params)
    if not actor.bodies():
        raise Unknown()
    wanted = Wanted(kind, _day(since), _day(until, after=1), symbol)
    among = queries.chosen(session, actor, wanted)
    page = Page(number, ROWS, queries.how_many(session, among))
    lines = queries.page(session, among, offset=page.offset, size=ROWS)
    head = ledger.latest(session)
    asked = {"kind": kind, "since": since, "until": until, "symbol": symbol}
    return house.pages.show(
        request,
        "web/record/list.html",
        lines=_shown(session, actor, lines, head.size if head else 0),
        page=page,
        query="".join(f"{pair}&" for pair in urlencode({k: v for k, v in asked.items() if v}).split("&") if pair),
        asked=asked,
        kinds=tuple(KINDS.items()),
        head=head,
        witnesses=_standings(session, house),
        serves=bool(actor.bodies(Office.SECRETARY)),
        zone=ZONE.key,
    )


@router.get("/record/{seq}.json", name="record-proof")
def proof(seq: Annotated[int, Path(ge=1, le=2**62)], actor: SignedIn, session: Reading) -> Response:
    """The line and its proof, as a receipt has it in `log` (docs/ledger.md)."""
    found = queries.one_visible(session, actor, seq)
    place = ledger.place(session, ledger.line(session, found.seq))
    if place is None:
        raise Unknown(say("No head of the ledger holds this line yet. In a minute there is one."))
    return attachment(canonical(place.said), "application/json", f"line-{seq}.json")


def _day(text: str, *, after: int = 0) -> datetime | None:
    """The beginning of a day in Geneva. Raises Unacceptable."""
    if not text:
        return None
    try:
        return datetime.combine(date.fromisoformat(text) + timedelta(days=after), time(), ZONE)
    except (ValueError, OverflowError) as error:
        raise Unacceptable(say("A day is written as year, month and day, such as 2027-01-26.")) from error


@cache
def _words() -> Mapping[str, Text]:
    """What each event is called."""
    return {event.name: event.words for event in Event.__subclasses__()}


def _shown(session: ReadSession, actor: Actor, lines: Sequence[JournalLine], proven: int) -> list[Shown]:
    symbols = {str(key): symbol for key, symbol in queries.symbols(session, actor, lines).items()}
    return [_one(line, symbols, proven) for line in lines]


def _one(line: JournalLine, symbols: Mapping[str, str], proven: int) -> Shown:
    key = str(line.facts.get("document"))
    return Shown(
        seq=line.seq,
        at=line.at,
        words=_words().get(line.event, Text(line.event, {})),
        who=EntityName(line.entity) if line.entity else say("The portal itself"),
        capacities=[ROLES[role] for role in line.capacity.split() if role in ROLES],
        document=(f"/documents/{key}", symbols[key]) if key in symbols else None,
        is_proven=line.seq <= proven,
    )


def _standings(session: ReadSession, house: House) -> list[Standing]:
    """Every witness of the settings, and what is wrong with it: by the same measure as on the state of the house."""
    longest, found = house.settings.thresholds.witness_behind, []
    for each in ledger.vouching(session, house.settings.witness_names):
        alarm = WITNESSES[each.refused] if each.refused else None
        if alarm is None and each.behind > longest:
            alarm = say("It is behind: it has not seen the last heads.")
        says = alarm or (say("has not seen it yet") if each.behind else say("has seen it"))
        found.append(Standing(each.name, each.seen_at, says, alarm))
    return found
