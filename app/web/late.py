"""Late contributions on one page: those that wait for the chair, those held, and those accepted."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from app.asgi.actors import Asks, EntityName, SignedIn
from app.asgi.formats import Formats
from app.asgi.house import Reading, TheHouse
from app.asgi.paging import NumberOf, Page
from app.asgi.words import STANDINGS
from app.asgi.words import standing as tag_of
from app.core.errors import Unknown
from app.core.i18n import Text, say
from app.domain.bodies.models import Office
from app.domain.bodies.rules import CHAIRS
from app.domain.contributions import queries, rules
from app.domain.contributions.queries import Standing
from app.domain.meetings import queries as meetings
from app.domain.meetings.rules import has_passed
from app.web.standing import Convened, by_id, called
from app.web.titles import foreign

router = APIRouter()

PAGE = 50
LISTS = {"waiting": queries.FOR_THE_CHAIR, "held": queries.KEPT, "accepted": queries.ACCEPTED}
MOVED_SINCE = say("in time by the deadline as it stands now")


@dataclass(frozen=True, slots=True)
class LateLine:
    """A late contribution in a list: how late it was, and what was decided for which reason."""

    href: str
    symbol: str | None
    title: str
    lang: str | None
    entity: Text
    meeting: Text
    zone: str
    submitted_at: datetime
    by: Text | str
    tag: tuple[str, Text]
    because: str | None


@dataclass(frozen=True, slots=True)
class Numbers:
    """Page numbers of the three lists, read from the query string."""

    waiting: Annotated[int, Depends(NumberOf("waiting"))]
    held: Annotated[int, Depends(NumberOf("held"))]
    accepted: Annotated[int, Depends(NumberOf("accepted"))]


@router.get("/late", name="late", dependencies=[Depends(Asks(rules.SEE_LATE))])
def late(
    actor: SignedIn, session: Reading, house: TheHouse, request: Request, numbers: Annotated[Numbers, Depends()]
) -> Response:
    """Show late contributions to chairs and secretaries. Raises NotFound for everybody else."""
    if not actor.bodies(*CHAIRS, Office.SECRETARY):
        raise Unknown()
    meetings_by_id, formats = by_id(meetings.listed(session, actor)), Formats(house.pages.language(request))
    lists = {}
    for name, list_kind in LISTS.items():
        statement = queries.came_late(actor, list_kind)
        page = Page(getattr(numbers, name), PAGE, queries.how_many(session, statement))
        rows = queries.listed_late(session, statement, limit=page.size, offset=page.offset)
        lists[name] = ([_build_line(row, meetings_by_id, formats) for row in rows], page)
    return house.pages.show(request, "web/contributions/late.html", lists=lists)


def _build_line(row: Standing, meetings_by_id: Convened, formats: Formats) -> LateLine:
    """Build the line of a late contribution."""
    meeting, body = meetings_by_id[row.meeting_id]
    due = meeting.contributions_due_at
    is_late_now = has_passed(due, row.submitted_at)
    accepted = row.late_accepted_because is not None
    return LateLine(
        href=f"/documents/{row.document_id}" if row.document_id else f"/contributions/{row.id}",
        symbol=row.symbol,
        title=row.title,
        lang=foreign(row.original, formats.language),
        entity=EntityName(row.entity),
        meeting=called(meeting, body),
        zone=meeting.zone,
        submitted_at=row.submitted_at,
        by=formats.span(row.submitted_at - due) if is_late_now else MOVED_SINCE,
        tag=STANDINGS[row.ended_as] if row.ended_as else tag_of(row.status, late=True, accepted=accepted),
        because=row.held_because if row.status == "held" else row.late_accepted_because,
    )
