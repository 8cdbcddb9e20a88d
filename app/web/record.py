"""The audit trail as a page: what happened, by whom and in which capacity; and the proof of each line as a file."""

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
    """A line of the journal in words. `is_proven`: a signed head of the ledger holds it."""

    seq: int
    at: datetime
    words: Text
    who: Text
    capacities: Sequence[Text]
    document: tuple[str, str] | None
    is_proven: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """The status of a witness."""

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
    """Show the audit trail, filtered and in pages. Raises NotFound for a person without a seat."""
    insist_single(request.query_params)
    if not actor.bodies():
        raise Unknown()
    record_filter = Wanted(kind, _parse_day(since), _parse_day(until, after=1), symbol)
    chosen_lines = queries.chosen(session, actor, record_filter)
    page = Page(number, ROWS, queries.how_many(session, chosen_lines))
    lines = queries.page(session, chosen_lines, offset=page.offset, size=ROWS)
    head = ledger.latest(session)
    typed = {"kind": kind, "since": since, "until": until, "symbol": symbol}
    return house.pages.show(
        request,
        "web/record/list.html",
        lines=_record_lines(session, actor, lines, head.size if head else 0),
        page=page,
        query="".join(f"{pair}&" for pair in urlencode({k: v for k, v in typed.items() if v}).split("&") if pair),
        asked=typed,
        kinds=tuple(KINDS.items()),
        head=head,
        witnesses=_witness_statuses(session, house),
        serves=bool(actor.bodies(Office.SECRETARY)),
        zone=ZONE.key,
    )


@router.get("/record/{seq}.json", name="record-proof")
def proof(seq: Annotated[int, Path(ge=1, le=2**62)], actor: SignedIn, session: Reading) -> Response:
    """Download the line and its proof of inclusion, as a receipt has it in `log` (docs/ledger.md). Raises NotFound
    if no head holds it yet."""
    line = queries.one_visible(session, actor, seq)
    inclusion = ledger.place(session, ledger.line(session, line.seq))
    if inclusion is None:
        raise Unknown(say("No head of the ledger holds this line yet. In a minute there is one."))
    return attachment(canonical(inclusion.said), "application/json", f"line-{seq}.json")


def _parse_day(text: str, *, after: int = 0) -> datetime | None:
    """Return the start of a day in Geneva, `after` days later, or None. Raises BadRequest if it is no ISO date."""
    if not text:
        return None
    try:
        return datetime.combine(date.fromisoformat(text) + timedelta(days=after), time(), ZONE)
    except (ValueError, OverflowError) as error:
        raise Unacceptable(say("A day is written as year, month and day, such as 2027-01-26.")) from error


@cache
def _event_labels() -> Mapping[str, Text]:
    """Return the label of each event by its name."""
    return {event.name: event.words for event in Event.__subclasses__()}


def _record_lines(session: ReadSession, actor: Actor, lines: Sequence[JournalLine], proven: int) -> list[Shown]:
    symbols = {str(key): symbol for key, symbol in queries.symbols(session, actor, lines).items()}
    return [_record_line(line, symbols, proven) for line in lines]


def _record_line(line: JournalLine, symbols: Mapping[str, str], proven: int) -> Shown:
    key = str(line.facts.get("document"))
    return Shown(
        seq=line.seq,
        at=line.at,
        words=_event_labels().get(line.event, Text(line.event, {})),
        who=EntityName(line.entity) if line.entity else say("The portal itself"),
        capacities=[ROLES[role] for role in line.capacity.split() if role in ROLES],
        document=(f"/documents/{key}", symbols[key]) if key in symbols else None,
        is_proven=line.seq <= proven,
    )


def _witness_statuses(session: ReadSession, house: House) -> list[Standing]:
    """Return every configured witness and its alarm, by the same threshold as the monitoring page."""
    longest, lines = house.settings.thresholds.witness_behind, []
    for each in ledger.vouching(session, house.settings.witness_names):
        alarm = WITNESSES[each.refused] if each.refused else None
        if alarm is None and each.behind > longest:
            alarm = say("It is behind: it has not seen the last heads.")
        says = alarm or (say("has not seen it yet") if each.behind else say("has seen it"))
        lines.append(Standing(each.name, each.seen_at, says, alarm))
    return lines
