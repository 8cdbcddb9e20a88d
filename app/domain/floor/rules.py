"""Permissions for the floor, the order in which it is given, and its times against the plan, as pure functions."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from app.core.i18n import LazyText
from app.core.i18n import lazy_gettext as _
from app.core.permissions import Actor, Permission, access_rule, all_of
from app.domain.agendas.rules.time_plan import PlannedItem
from app.domain.bodies.rules import has_seat, is_delegate
from app.domain.decisions.rules import FloorRuleSubject, has_chair_tools, is_in_session, is_meeting_not_ended
from app.domain.floor.events import FloorAsked
from app.domain.floor.models import (
    NO_CAPACITY,
    FloorRequest,
    FloorRequestKind,
    FloorRequestStatus,
    LastAct,
    Sitting,
)


@dataclass(frozen=True, slots=True)
class FloorRequestRuleSubject:
    """Subject of the rules on a request for the floor."""

    body_id: UUID
    entity: str
    standing: str


@access_rule(_("no session is open"), denied_because=_("A session is already open. Close it first."))
def is_not_in_session(actor: Actor, subject: FloorRuleSubject) -> bool:  # noqa: ARG001 - a rule has two arguments
    return not subject.is_in_session


@access_rule(_("it is still pending"), denied_because=_("This request is no longer pending."))
def is_waiting(actor: Actor, subject: FloorRequestRuleSubject) -> bool:  # noqa: ARG001 - a rule has two arguments
    return subject.standing == FloorRequestStatus.WAITING


@dataclass(frozen=True, slots=True)
class SpokenOnItem:
    """How often and for how many seconds a State has spoken on an item, without points of order and replies."""

    statements: int
    seconds: float


SEE = Permission("floor:see", _("Follow a session of a meeting: its current item, speakers and decisions"), has_seat)
OPEN = Permission(
    "floor:open",
    _("Open a session"),
    has_chair_tools,
    all_of(is_meeting_not_ended, is_not_in_session),
    begins_in_body=True,
)
RUN = Permission(
    "floor:run",
    _("Conduct a session: give the floor, manage the list of speakers, move to an item"),
    has_chair_tools,
    is_in_session,
)
KEEP_NOTES = Permission("floor:note", _("Keep private notes of the chair on the items of a meeting"), has_chair_tools)
ASK = Permission("floor:ask", _("Request the floor"), is_delegate, is_in_session, begins_in_body=True)
WITHDRAW = Permission("floor:withdraw", _("Withdraw a request for the floor"), is_delegate, is_waiting)

HALF_A_DAY = timedelta(hours=12)
UNDO_PERIOD = timedelta(minutes=1)
"""How long an act of the chair can be undone."""

NOT_UNDOABLE = _(
    "This can no longer be undone: more than a minute has passed, or something else has happened on the floor since."
)

REQUEST_RANKS = {FloorRequestKind.POINT_OF_ORDER: 0, FloorRequestKind.FLOOR: 2, FloorRequestKind.RIGHT_OF_REPLY: 3}
ON_LIST = (FloorRequestStatus.WAITING, FloorRequestStatus.INTERRUPTED)
INTERRUPTED_RANK = 1  # an interrupted speaker continues before the next one begins


def rank_request(request: FloorRequest) -> tuple[int, int]:
    """Return the sort key of a request: points of order, an interrupted speaker, the list, rights of reply."""
    return INTERRUPTED_RANK if request.standing == FloorRequestStatus.INTERRUPTED else REQUEST_RANKS[
        FloorRequestKind(request.kind)
    ], request.place


def sort_waiting_requests(requests: Sequence[FloorRequest]) -> list[FloorRequest]:
    """Sort the waiting and interrupted requests in the order in which they get the floor."""
    return sorted(
        (request for request in requests if request.standing in ON_LIST),
        key=rank_request,
    )


def is_list_closed(closes_at: datetime | None, moment: datetime) -> bool:
    """Return whether the list of speakers is closed: it closes at an announced instant."""
    return closes_at is not None and moment >= closes_at


def find_obstacle_to_requesting_floor(
    kind: FloorRequestKind, *, closed: bool, waiting: int, statements: int
) -> LazyText | None:
    """Return why this kind of request cannot be made now, or None.

    `waiting` and `statements` count waiting requests and statements made, without points of order.
    """
    if kind is FloorRequestKind.FLOOR and closed:
        return _("The list of speakers is closed. You can still raise a point of order or request a right of reply.")
    if kind is FloorRequestKind.RIGHT_OF_REPLY and not closed and (waiting or not statements):
        return _("Rights of reply are exercised once the list of speakers is closed or exhausted.")
    return None


def find_exhausted_limit(sitting: Sitting, spoken: SpokenOnItem) -> LazyText | None:
    """Return why a State that has spoken this much on the current item may not be on the list again, or None."""
    if sitting.state_statements is not None and spoken.statements >= sitting.state_statements:
        return _(
            "Your delegation has made all the statements that each delegation may make on this item. You can still "
            "raise a point of order or request a right of reply."
        )
    if sitting.state_seconds is not None and spoken.seconds >= sitting.state_seconds:
        return _(
            "Your delegation has used all the speaking time that each delegation has on this item. You can still "
            "raise a point of order or request a right of reply."
        )
    return None


def compute_statement_limit(sitting: Sitting, spoken: SpokenOnItem) -> int | None:
    """Compute the seconds for the next statement of a State: what each statement has, or less if the State has less
    time left on the item. A State that has none left speaks only if the chair calls it; the usual limit holds."""
    left = None if sitting.state_seconds is None else round(sitting.state_seconds - spoken.seconds)
    limits = [each for each in (sitting.limit_seconds, left) if each is not None and each > 0]
    return min(limits, default=None)


def find_obstacle_to_giving_floor(request: FloorRequest, queue: Sequence[FloorRequest]) -> LazyText | None:
    """Return why the floor cannot be given to this request now, or None. `queue` is in the order of calling.

    On the list of speakers, the chair may give it to any delegation; what comes before the list goes before it.
    """
    if request not in queue:
        return _("This request is no longer pending.")
    if queue[0] is request:
        return None
    if queue[0].kind == FloorRequestKind.POINT_OF_ORDER:
        return _("A point of order takes precedence.")
    if queue[0].standing == FloorRequestStatus.INTERRUPTED:
        return _("The delegation that was interrupted continues first.")
    if request.kind != FloorRequestKind.FLOOR:
        return _("Rights of reply are exercised once the list of speakers is closed or exhausted.")
    return None


def is_interrupting(request: FloorRequest, speaking: FloorRequest) -> bool:
    """Return whether giving the floor to this request interrupts the present speaker instead of ending the
    statement."""
    return request.kind == FloorRequestKind.POINT_OF_ORDER and speaking.kind != FloorRequestKind.POINT_OF_ORDER


def seconds_spoken(request: FloorRequest, moment: datetime) -> float:
    """Return the seconds of a statement until this moment, without the time in which the clock was stopped."""
    runs = (moment - request.runs_since).total_seconds() if request.runs_since else 0.0
    return request.ran_seconds + max(0.0, runs)


def is_undoable(act: LastAct, sitting: Sitting, requests: Sequence[FloorRequest], moment: datetime) -> bool:
    """Return whether an act can be undone at this moment: within a minute, and as long as nothing else was done with
    the chair's tools and what delegations did meanwhile does not prevent it."""
    return (
        act.version == sitting.version
        and moment - act.at <= UNDO_PERIOD
        and not _has_changed_since(act, requests)
        and not _is_met_by_later_request(act, sitting, requests)
    )


def _has_changed_since(act: LastAct, requests: Sequence[FloorRequest]) -> bool:
    """Return whether a request that the act concerned or changed has changed again: its delegation withdrew it, or
    requested the floor itself after the chair had entered the request."""
    by_id = {request.id: request for request in requests}
    is_own_by_now = act.event == FloorAsked.name and act.request and by_id[act.request].capacity != NO_CAPACITY
    return bool(is_own_by_now) or any(
        by_id[request_id].standing != standing for request_id, standing in act.standings_after.items()
    )


def _is_met_by_later_request(act: LastAct, sitting: Sitting, requests: Sequence[FloorRequest]) -> bool:
    """Return whether a request that was made since prevents the undo: it concerns the item that would be left, or its
    delegation would be on the list twice."""
    later = [each for each in requests if each.number > act.last_number and each.standing == FloorRequestStatus.WAITING]
    back = {values.id for values in act.requests if values.standing == FloorRequestStatus.WAITING}
    on_list_again = {(each.entity, each.kind) for each in requests if each.id in back}
    leaves_item = act.sitting.item_id != sitting.item_id
    return bool(later) and (leaves_item or any((each.entity, each.kind) in on_list_again for each in later))


def add_item_time(sitting: Sitting, moment: datetime) -> Mapping[str, int]:
    """Return the seconds that each item has taken until this moment."""
    taken = dict(sitting.item_seconds or {})
    if sitting.item_id and sitting.item_since:
        since = max(0, round((moment - sitting.item_since).total_seconds()))
        taken[str(sitting.item_id)] = taken.get(str(sitting.item_id), 0) + since
    return taken


def compute_delay(
    items: Sequence[PlannedItem], sitting: Sitting, starts_at: datetime, moment: datetime
) -> timedelta | None:
    """Compute how far the session is behind its plan: when the current item ends, if it takes the minutes that it has,
    against when it should end. Negative if it is ahead; None if the item is not planned in this session with minutes,
    or the session is held on another day than it was planned for.
    """
    item = next((each for each in items if each.id == sitting.item_id), None)
    if item is None or item.minutes is None or item.session_id != sitting.session_id:
        return None
    if abs(moment - starts_at) > HALF_A_DAY:
        return None
    until_here = items[: items.index(item) + 1]
    planned = sum(each.minutes or 0 for each in until_here if each.session_id == sitting.session_id)
    taken = timedelta(seconds=add_item_time(sitting, moment).get(str(item.id), 0))
    left = max(timedelta(0), timedelta(minutes=item.minutes) - taken)
    return (moment + left) - (starts_at + timedelta(minutes=planned))


def compute_end_of_list(requests: Iterable[FloorRequest], sitting: Sitting, moment: datetime) -> datetime | None:
    """Compute when all who are on the list will have spoken, if each uses the time of a statement.

    None if no one is on the list, or statements have no limit.
    """
    seconds = 0.0
    on_list = False
    for request in requests:
        limit = request.limit_seconds or sitting.limit_seconds
        if request.standing not in (FloorRequestStatus.SPEAKING, *ON_LIST):
            continue
        if limit is None:
            return None
        on_list = on_list or request.standing in ON_LIST
        seconds += max(0.0, limit - seconds_spoken(request, moment))
    return moment + timedelta(seconds=seconds) if on_list else None
