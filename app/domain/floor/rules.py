"""Permissions for the floor, and the order in which it is given, as pure functions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.core.access import Actor, Permission, all_of, rule
from app.core.i18n import Text, say
from app.domain.bodies.rules import has_seat, is_delegate
from app.domain.decisions.rules import At, goes_on, has_the_tools, sits
from app.domain.floor.models import FloorRequest, Kind, Standing


@dataclass(frozen=True, slots=True)
class Asked:
    """Subject of the rules on a request for the floor."""

    body_id: UUID
    entity: str
    standing: str


@rule(say("no session is open"), unless=say("A session is open already. Close it first."))
def nothing_sits(actor: Actor, subject: At) -> bool:  # noqa: ARG001 - a rule has two arguments
    return not subject.sits


@rule(say("it still waits"), unless=say("This request does not wait any more."))
def still_waits(actor: Actor, subject: Asked) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject.standing == Standing.WAITING


SEE = Permission("floor:see", say("See the floor of a meeting: its item, speakers and decisions"), has_seat)
OPEN = Permission("floor:open", say("Open a session"), has_the_tools, all_of(goes_on, nothing_sits))
RUN = Permission(
    "floor:run", say("Run a session: give the floor, keep the list of speakers, go on to an item"), has_the_tools, sits
)
ASK = Permission("floor:ask", say("Ask for the floor"), is_delegate, sits)
WITHDRAW = Permission("floor:withdraw", say("Take a request for the floor back"), is_delegate, still_waits)

RANKS = {Kind.POINT_OF_ORDER: 0, Kind.FLOOR: 2, Kind.RIGHT_OF_REPLY: 3}
RESUMES = 1  # an interrupted speaker continues before the next one begins


def rank(request: FloorRequest) -> tuple[int, int]:
    """Return the sort key of a request: points of order, an interrupted speaker, the list, rights of reply."""
    return RESUMES if request.standing == Standing.INTERRUPTED else RANKS[Kind(request.kind)], request.place


def in_order(requests: Sequence[FloorRequest]) -> list[FloorRequest]:
    """Sort the waiting and interrupted requests in the order in which they get the floor."""
    return sorted(
        (request for request in requests if request.standing in (Standing.WAITING, Standing.INTERRUPTED)), key=rank
    )


def is_closed(closes_at: datetime | None, moment: datetime) -> bool:
    """Return whether the list of speakers is closed: it closes at an announced instant."""
    return closes_at is not None and moment >= closes_at


def against_asking(kind: Kind, *, closed: bool, waiting: int, heard: int) -> Text | None:
    """Return why this kind of request cannot be made now, or None.

    `waiting` and `statements` count waiting requests and statements made, without points of order.
    """
    if kind is Kind.FLOOR and closed:
        return say("The list of speakers is closed. A point of order or a right of reply can still be asked for.")
    if kind is Kind.RIGHT_OF_REPLY and not closed and (waiting or not heard):
        return say("Rights of reply are taken once the list of speakers is closed or exhausted.")
    return None


def against_giving(request: FloorRequest, queue: Sequence[FloorRequest]) -> Text | None:
    """Return why the floor cannot be given to this request now, or None. `queue` is in the order of calling."""
    if request not in queue:
        return say("This request does not wait any more.")
    if queue[0] is request:
        return None
    if queue[0].kind == Kind.POINT_OF_ORDER:
        return say("A point of order comes first.")
    return say("Somebody else is first on the list. Change the order first, and say why.")


def interrupts(request: FloorRequest, speaking: FloorRequest) -> bool:
    """Return whether giving the floor to this request interrupts the present speaker instead of ending the
    statement."""
    return request.kind == Kind.POINT_OF_ORDER and speaking.kind != Kind.POINT_OF_ORDER


def seconds_spoken(request: FloorRequest, moment: datetime) -> float:
    """Return the seconds of a statement until this moment, without the time in which the clock was stopped."""
    runs = (moment - request.runs_since).total_seconds() if request.runs_since else 0.0
    return request.ran_seconds + max(0.0, runs)
