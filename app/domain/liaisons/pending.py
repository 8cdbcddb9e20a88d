"""What is pending for incoming liaisons: to register, to give to somebody, and to reply to."""

from collections.abc import Iterator, Sequence
from datetime import datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Row, Select, and_, exists, or_

from app.core import clock
from app.core.database.clock_parameters import build_day_parameter
from app.core.db import ReadSession
from app.core.i18n import lazy_gettext as _
from app.core.pending_actions import PendingAction, PendingActionKind, PendingActionSource
from app.core.permissions import Actor
from app.domain.bodies.models import OFFICES_OF_A_BODY, Accreditation, Appointment, Capacity, Office
from app.domain.bodies.pending import CHAIR_AND_SECRETARIAT, SECRETARIAT
from app.domain.bodies.queries.seats import build_in_force_condition
from app.domain.liaisons import events, rules
from app.domain.liaisons.models import Liaison, LiaisonState
from app.domain.liaisons.queries import LIAISON_OFFICES, WAITS, list_visible_liaisons

HOLDER = _("the person who prepares the reply")

REGISTER = PendingActionKind(
    name="liaison:register",
    heading=_("A liaison statement is not registered"),
    words=_("Register it at a meeting, or return it with a reason."),
    button=_("Read and decide"),
    waits_for=SECRETARIAT,
    settled_by=(rules.REGISTER, rules.RETURN),
    statuses=(LiaisonState.RECEIVED,),
    begun_by=(events.LiaisonReceived.name,),
)
GIVE = PendingActionKind(
    name="liaison:give",
    heading=_("A liaison statement has no one who prepares the reply"),
    words=_("Give it to a person until a day, or decide that it needs no answer."),
    button=_("Read and decide"),
    waits_for=CHAIR_AND_SECRETARIAT,
    settled_by=(rules.HOLD, rules.CLOSE),
    statuses=(LiaisonState.REGISTERED,),
    begun_by=(events.LiaisonRegistered.name,),
)
REPLY = PendingActionKind(
    name="liaison:prepare-reply",
    heading=_("Prepare the reply to a liaison statement"),
    words=_("Open it to draft the reply or to propose its text. The release of the reply answers it."),
    button=_("Read the liaison statement"),
    waits_for=HOLDER,
    settled_by=(rules.CHOOSE_REPLY,),
    statuses=(LiaisonState.REGISTERED,),
    begun_by=(events.LiaisonHeld.name,),
)


def select_pending_liaisons(actor: Actor) -> Select[Liaison]:
    """Select the liaisons to register, for secretaries; those that no person with a seat in the body holds today, for
    chair and secretaries; and those that the actor holds."""
    received = and_(
        Liaison.state == LiaisonState.RECEIVED, Liaison.body_id.in_(actor.bodies_with_role(Office.SECRETARY))
    )
    in_charge = Liaison.body_id.in_(actor.bodies_with_role(*LIAISON_OFFICES))
    waiting = and_(WAITS, or_(and_(~_build_held_condition(), in_charge), Liaison.holder_id == actor.person))
    return list_visible_liaisons(actor).where(or_(received, waiting)).order_by(Liaison.received_at, Liaison.id)


def _build_held_condition() -> ColumnElement[bool]:
    """SQL condition: the holder of the liaison has a seat in its body today."""
    seats: tuple[type[Accreditation] | type[Appointment], ...] = (Accreditation, Appointment)
    day = build_day_parameter()
    return or_(
        *(
            exists().where(
                seat.person_id == Liaison.holder_id,
                seat.body_id == Liaison.body_id,
                build_in_force_condition(seat, day),
            )
            for seat in seats
        )
    )


def build_liaison_actions(_session: ReadSession, actor: Actor, rows: Sequence[Row[Liaison]]) -> Iterator[PendingAction]:
    """Yield what the actor does for these liaisons."""
    for (liaison,) in rows:
        kind = (
            REGISTER if liaison.state == LiaisonState.RECEIVED else REPLY if liaison.holder_id == actor.person else GIVE
        )
        day = rules.find_due_day(liaison)
        yield PendingAction(
            kind,
            liaison.id,
            f"/liaisons/{liaison.id}",
            {liaison.original: liaison.subject},
            liaison.original,
            due_at=datetime.combine(day, time(23, 59, 59), ZoneInfo(clock.SEAT_ZONE)) if day else None,
            zone=clock.SEAT_ZONE,
            since=liaison.received_at,
        )


SOURCES = (
    PendingActionSource(
        (REGISTER, GIVE, REPLY), (*OFFICES_OF_A_BODY, *Capacity), select_pending_liaisons, build_liaison_actions
    ),
)
